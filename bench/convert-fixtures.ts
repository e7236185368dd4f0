// npm run bench -- fixtures [PATTERN] [FOLDER]: converts every file of the fixtures, and every folder of them that is an archive as a
// whole, and asks what comes of it for the facts that their manifest states. In FOLDER the archives are kept: what is there already
// is asked again, without being converted.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convertArchive } from '../packages/converter/src/index.ts'
import { type Archive, checkArchive, type Item, newArchiveId, openArchive } from '../packages/umf/src/index.ts'
import { nodeSha256, openFile } from '../packages/umf/src/node.ts'
import { table } from './figures.ts'
import { type Fact, factsOf, type Made, pieceFacts, type Stated } from './fixture-facts.ts'

const root = process.env['RUSHES_FIXTURES'] ?? join(import.meta.dirname, '../../shared/fixtures')

type Case = { name: string; kind: string; stated: Stated | null }
type Row = { inputs: number; failed: number; facts: number; wrong: number; seconds: number }

/** Files that tell that their folder is one archive. */
const telling = /(?:^|\/)(?:(?:events|metadata|manifest|mainstream)\.xml|data\.json)$/

export async function benchFixtures([pattern = '.', keep]: readonly string[]): Promise<string> {
  const cases = casesOf(new RegExp(pattern))
  const folder = keep ?? (await mkdtemp(join(tmpdir(), 'rushes-fixtures-')))
  const rows = new Map<string, Row>()
  const wrong: string[] = []
  try {
    for (const each of cases) {
      const row = rows.get(each.kind) ?? { inputs: 0, failed: 0, facts: 0, wrong: 0, seconds: 0 }
      rows.set(each.kind, row)
      row.inputs++
      const from = performance.now()
      try {
        for (const [what, stated, found] of await converted(each, folder)) {
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
    if (keep === undefined) await rm(folder, { recursive: true, force: true })
  }
  const lines = [...rows].map(([kind, { inputs, failed, facts, wrong: count, seconds }]) => [
    ...[kind, inputs, failed, facts, count, seconds.toFixed(1)],
  ])
  return `${table(['kind', 'inputs', 'failed', 'facts', 'not as stated', 's'], lines)}\n\n${wrong.join('\n')}`
}

function casesOf(pattern: RegExp): Case[] {
  const { files } = JSON.parse(readFileSync(join(root, 'MANIFEST.json'), 'utf8')) as {
    files: { file: string; kind: string; bytes: number; sha256: string; facts?: Stated['facts'] }[]
  }
  const families = ['bbb-raw', 'bbb-raw2', 'bbb-published', 'opencast', 'paella', 'adobe-connect']
  const alone = files.map(({ file, kind, facts = null, ...rest }): Case => {
    return { name: file, kind, stated: { name: file, ...rest, facts } }
  })
  const folders = families.flatMap((family) =>
    readdirSync(join(root, family), { recursive: true, encoding: 'utf8' })
      .filter((name) => telling.test(name))
      .map((name): Case => {
        // What the telling file's own facts say of times holds for its folder.
        const told = alone.find((each) => each.name === join(family, name))?.stated ?? null
        return { name: join(family, name, '..'), kind: `${family}, a folder`, stated: told }
      }),
  )
  const blobs = readdirSync(join(root, 'blobs'))
    .filter((name) => name.endsWith('.bin'))
    .map((name): Case => ({ name: join('blobs', name), kind: 'blobs', stated: null }))
  const seen = new Set<string>()
  return [...alone, ...folders, ...blobs].filter(
    ({ name }) => pattern.test(name) && existsSync(join(root, name)) && seen.size < seen.add(name).size,
  )
}

async function converted(each: Case, kept: string): Promise<Fact[]> {
  const output = join(kept, `${each.name.replaceAll(/[^\w.-]+/g, '_')}.umf`)
  const drawId = async (): Promise<string> => newArchiveId()
  if (!existsSync(output)) await convertArchive({ inputs: [join(root, each.name)], output, drawId })
  await using source = await openFile(output)
  const { problems } = await checkArchive(source, { sha256: nodeSha256 })
  const archive = await openArchive(source, { sha256: nodeSha256 })
  const made = await madeOf(archive)
  const truth = join(root, `${each.name}.truth.json`)
  const pieces = existsSync(truth) ? pieceFacts(JSON.parse(readFileSync(truth, 'utf8')), made) : []
  const facts = each.stated === null ? [] : await factsOf(each.stated, made)
  return [...facts, ...pieces, ['problems of the archive', 0, problems.length]]
}

async function madeOf(archive: Archive): Promise<Made> {
  const items = archive.items()
  const events = await archive.events()
  const { presentation } = archive
  let durationMs = presentation === null ? 0 : (presentation.startMs ?? 0) + presentation.durationMs
  for (const { startMs = 0, endMs = startMs } of items) durationMs = Math.max(durationMs, endMs)
  const notes = (archive.metadata['notes'] ?? []) as Made['notes']
  const text = async (item: Item): Promise<string> => {
    const parts: Uint8Array[] = []
    for await (const part of archive.content(item.name)) parts.push(part)
    return Buffer.concat(parts).toString('utf8')
  }
  return { archive, items, events, notes, durationMs: Math.round(durationMs * 1000) / 1000, text }
}
