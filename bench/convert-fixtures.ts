// npm run bench -- fixtures [PATTERN]: converts every file of the fixtures, and every folder of them that is an archive as a whole, and
// asks what comes of it for the facts that their manifest states.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convertArchive } from '../packages/converter/src/index.ts'
import { type Archive, checkArchive, newArchiveId, openArchive } from '../packages/umf/src/index.ts'
import { nodeSha256, openFile } from '../packages/umf/src/node.ts'
import { table } from './figures.ts'

const root = process.env['RUSHES_FIXTURES'] ?? join(import.meta.dirname, '../../shared/fixtures')

type Facts = Record<string, unknown>
type Case = { name: string; kind: string; facts: Facts | null }
type Row = { inputs: number; failed: number; facts: number; wrong: number; seconds: number }

/** Files that tell that their folder is one archive. */
const telling = /(?:^|\/)(?:(?:events|metadata|manifest|mainstream)\.xml|data\.json)$/

export async function benchFixtures([pattern = '.']: readonly string[]): Promise<string> {
  const cases = casesOf(new RegExp(pattern))
  const folder = await mkdtemp(join(tmpdir(), 'rushes-fixtures-'))
  const rows = new Map<string, Row>()
  const wrong: string[] = []
  try {
    for (const each of cases) {
      const row = rows.get(each.kind) ?? { inputs: 0, failed: 0, facts: 0, wrong: 0, seconds: 0 }
      rows.set(each.kind, row)
      row.inputs++
      const from = performance.now()
      try {
        for (const [what, stated, found] of await converted(each, join(folder, 'out.umf'))) {
          row.facts++
          if (JSON.stringify(stated) === JSON.stringify(found)) continue
          row.wrong++
          wrong.push(`${each.name}: ${what}: ${JSON.stringify(stated)} is stated, ${JSON.stringify(found)} was found`)
        }
      } catch (error) {
        row.failed++
        wrong.push(`${each.name}: ${(error as Error).message}`)
      }
      const seconds = (performance.now() - from) / 1000
      row.seconds += seconds
      console.error(`${each.name} ${seconds.toFixed(1)} s`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  const lines = [...rows].map(([kind, { inputs, failed, facts, wrong: count, seconds }]) => [
    ...[kind, inputs, failed, facts, count, seconds.toFixed(1)],
  ])
  return `${table(['kind', 'inputs', 'failed', 'facts', 'not as stated', 's'], lines)}\n\n${wrong.join('\n')}`
}

function casesOf(pattern: RegExp): Case[] {
  const { files } = JSON.parse(readFileSync(join(root, 'MANIFEST.json'), 'utf8')) as {
    files: { file: string; kind: string; facts: Facts | null }[]
  }
  const families = ['bbb-raw', 'bbb-raw2', 'bbb-published', 'opencast', 'paella', 'adobe-connect']
  const folders = families.flatMap((family) =>
    readdirSync(join(root, family), { recursive: true, encoding: 'utf8' })
      .filter((name) => telling.test(name))
      .map((name): Case => ({ name: join(family, name, '..'), kind: `${family}, a folder`, facts: null })),
  )
  const alone = files.map(({ file, kind, facts }) => ({
    name: file,
    kind,
    facts: Array.isArray(facts) ? null : (facts ?? null),
  }))
  return [...alone, ...folders].filter(({ name }) => pattern.test(name) && existsSync(join(root, name)))
}

async function converted(each: Case, output: string): Promise<Fact[]> {
  const drawId = async (): Promise<string> => newArchiveId()
  await convertArchive({ inputs: [join(root, each.name)], output, force: true, drawId })
  await using source = await openFile(output)
  const { problems } = await checkArchive(source, { sha256: nodeSha256 })
  const archive = await openArchive(source, { sha256: nodeSha256 })
  return [...factsOf(each, archive), ['problems of the archive', 0, problems.length]]
}

type Fact = readonly [what: string, stated: unknown, found: unknown]

function factsOf({ name, facts }: Case, archive: Archive): Fact[] {
  if (facts === null || statSync(join(root, name)).isDirectory()) return []
  const items = archive.items()
  const checked: Fact[] = []
  if (Array.isArray(facts['streams']) && typeof facts['duration_ms'] === 'number') {
    const kinds = new Set((facts['streams'] as { type: string }[]).map(({ type }) => type))
    checked.push(['presentation', kinds.has('video') ? 'video' : 'audio', archive.presentation?.type])
    const found = archive.presentation?.durationMs ?? 0
    const isNear = Math.abs(found - facts['duration_ms']) <= Math.max(100, facts['duration_ms'] / 50)
    checked.push(['duration_ms', facts['duration_ms'], isNear ? facts['duration_ms'] : found])
  }
  if (typeof facts['cues_timing_regex_lenient'] === 'number' || typeof facts['timing_lines'] === 'number') {
    const words = items.filter(({ type }) => type === 'transcript' || type === 'captions')
    checked.push(['words', true, words.length > 0])
    const end = facts['max_end_ms'] ?? facts['last_end_ms']
    checked.push(['last_end_ms', end, words.find(({ endMs }) => endMs === end)?.endMs ?? words[0]?.endMs])
  }
  if (typeof facts['pages'] === 'number' && facts['encrypted'] !== true) {
    checked.push(['pages', facts['pages'], items.filter(({ type }) => type === 'slide').length])
  }
  if (typeof facts['slides'] === 'number') {
    checked.push(['slides', facts['slides'], items.filter(({ type }) => type === 'slide').length])
  }
  if (Array.isArray(facts['names'])) {
    const there = new Set(items.map((item) => item.name))
    checked.push(['names', [], (facts['names'] as string[]).filter((each) => !there.has(each))])
  }
  if (typeof facts['fmt'] === 'string')
    checked.push(['image', 'image', items.find(({ type }) => type === 'image')?.type])
  return checked
}
