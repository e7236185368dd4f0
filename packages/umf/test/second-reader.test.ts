// SPEC.md is enough: a reader that was written from it alone, in Python, says of the same files the same as ours does.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSeed, seededRandom } from '../../media/test/seeded-random.ts'
import {
  type Archive,
  bytesSource,
  checkArchive,
  checkSignatures,
  type Item,
  openArchive,
  openEditor,
  UmfError,
} from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { drawnDescriptions } from './drawn-descriptions.ts'
import { type GeneratedArchive, generatedArchives } from './generated-archives.ts'
import { MemoryFile } from './memory-file.ts'
import { ruleBreakers } from './rule-breakers.ts'

const ARCHIVES = 200
const DRAWN = 400
/** Of every archive that a crash has not torn. */
const DAMAGES = ['flip', 'cut', 'junk'] as const

/** What a reader says of a file, in words that both have. */
type Survey = {
  check: { ok: boolean; problems: { item?: string }[] }
  /** Null where the file is refused. */
  list: object | null
  /** Of each item's content, by name. */
  sha256: Record<string, string> | null
}

type Damaged = { file: string; by: string; generation: number; ours: boolean }

const folder = mkdtempSync(join(tmpdir(), 'rushes-second-reader-'))
afterAll(() => rmSync(folder, { recursive: true }))

const archives: (Omit<GeneratedArchive, 'bytes'> & { ours: Survey })[] = []
const damaged: Damaged[] = []
const drawn = drawnDescriptions(runSeed, DRAWN).map((each, number) => ({ ...each, file: `drawn-${number}.umf` }))
const theirs = new Map<string, Survey>()
const handmade = ruleBreakers().map((each, number) => ({ ...each, file: `handmade-${number}.umf` }))

beforeAll(async () => {
  const random = seededRandom(runSeed)
  for await (const { bytes, ...archive } of generatedArchives(runSeed, ARCHIVES)) {
    const ours = await surveyed(bytes)
    archives.push({ ...archive, ours })
    writeFileSync(join(folder, archive.name), bytes)
    if (archive.isTorn || !archive.hasIndex) continue
    const damage = DAMAGES[archives.length % DAMAGES.length]!
    const { bytes: altered, by } = damagedBy(damage, bytes, random)
    const file = `${archive.name}.${damage}`
    writeFileSync(join(folder, file), altered)
    const { generation } = ours.list as { generation: number }
    damaged.push({ file, by, generation, ours: await findsIntact(altered) })
  }
  for (const { file, bytes } of [...handmade, ...drawn]) writeFileSync(join(folder, file), bytes)
  const stdout = await python('batch', folder)
  for (const line of stdout.trimEnd().split('\n')) {
    const { file, check, list = null, sha256 = null } = JSON.parse(line) as Survey & { file: string }
    theirs.set(file, { check, list, sha256 })
  }
}, 180_000)

async function surveyed(bytes: Uint8Array): Promise<Survey> {
  const source = bytesSource(bytes)
  const { ok, problems } = await checkArchive(source, { sha256 })
  const archive = await openArchive(source, { sha256 })
  const { presentation } = archive
  const signatures = (await checkSignatures(archive.state)).map(({ isValid, standing: _, ...said }) => ({
    ...said,
    holds: isValid,
  }))
  const stored = archive.items().filter(({ pointer }) => pointer === undefined)
  const digests: Record<string, string> = {}
  for (const { name } of presentation === null ? stored : [presentation, ...stored]) {
    const hash = createHash('sha256')
    for await (const piece of archive.content(name)) hash.update(piece)
    digests[name] = hash.digest('hex')
  }
  return { check: { ok, problems }, list: listOf(archive, signatures), sha256: digests }
}

/** What the second reader prints. @throws where it ends with another code than 0 */
async function python(...args: string[]): Promise<string> {
  const reader = join(import.meta.dirname, 'second_reader.py')
  const options = { maxBuffer: 2 ** 28, env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } }
  return (await promisify(execFile)('python3', [reader, ...args], options)).stdout
}

/** In JSON's terms. */
function listOf(archive: Archive, signatures: readonly object[]): object {
  const { id, generation, metadata, presentation, state } = archive
  const root = Buffer.from(state.root).toString('hex')
  const list = { id, generation, root, end: state.end, metadata, presentation, items: archive.items(), signatures }
  return JSON.parse(JSON.stringify(list)) as object
}

/** Null where the file is refused. */
async function listed(bytes: Uint8Array): Promise<object | null> {
  try {
    return listOf(await openArchive(bytesSource(bytes), { sha256 }), [])
  } catch (fault) {
    if (fault instanceof UmfError) return null
    throw fault
  }
}

async function findsIntact(bytes: Uint8Array): Promise<boolean> {
  try {
    return (await checkArchive(bytesSource(bytes), { sha256 })).ok
  } catch (fault) {
    if (fault instanceof UmfError) return false
    throw fault
  }
}

function damagedBy(
  damage: (typeof DAMAGES)[number],
  bytes: Uint8Array,
  random: () => number,
): { bytes: Uint8Array; by: string } {
  const at = Math.floor(random() * bytes.length)
  if (damage === 'cut') return { bytes: bytes.subarray(0, at), by: `cut to ${at} of ${bytes.length} bytes` }
  if (damage === 'junk') {
    // A whole box, or the beginning of one.
    const junk = Uint8Array.from([0, 0, 0, 12, ...Buffer.from('free'), 1, 2, 3, 4]).subarray(0, 1 + (at % 12))
    return { bytes: Buffer.concat([bytes, junk]), by: `${junk.length} bytes appended` }
  }
  const altered = bytes.slice()
  const bit = Math.floor(random() * 8)
  altered[at]! ^= 1 << bit
  return { bytes: altered, by: `bit ${bit} of byte ${at} of ${bytes.length} flipped` }
}

/** What to say where readers differ: the file can be made again. */
const told = ({ name, story }: { name: string; story: readonly string[] }) => `${name}: ${story.join('; ')}`

describe(`two readers of ${ARCHIVES} archives (seed ${runSeed})`, () => {
  it('[O1-O4, I4, J3, S3] list the same state: metadata, presentation, items and signatures', () => {
    for (const archive of archives) {
      expect(theirs.get(archive.name)?.list, told(archive)).toEqual(archive.ours.list)
    }
  })

  it('[D6] give the same verdict, and find intact whatever was finished', () => {
    for (const archive of archives) {
      const { check } = theirs.get(archive.name)!
      const all = `${told(archive)}\n${JSON.stringify([archive.ours.check, check])}`
      expect(check.ok, all).toBe(archive.ours.check.ok)
      if (archive.isTorn) continue
      // What has no index yet has nothing else against it.
      expect(check.problems.length, all).toBe(archive.hasIndex ? 0 : 1)
    }
  })

  it('[D1, E2, E4] extract the same bytes', () => {
    for (const archive of archives) {
      expect(theirs.get(archive.name)?.sha256, told(archive)).toEqual(archive.ours.sha256)
    }
  })

  it('[D6] both find a bit that flipped, an end that was cut off, and what was appended', () => {
    for (const { file, by, generation, ours } of damaged) {
      const { check, list } = theirs.get(file)!
      expect(check.ok, `${file}: ${by}`).toBe(ours)
      // What is cut off exactly at an earlier state's end is that state.
      const isEarlier = file.endsWith('.cut') && (list as { generation: number } | null)?.generation !== generation
      if (!isEarlier) expect(check.ok, `${file}: ${by}`).toBe(false)
    }
  })

  it.each(handmade)('[$name] is judged alike: $isIntact', async ({ file, bytes, isIntact, isRefused }) => {
    const { check, list } = theirs.get(file)!
    if (isRefused !== undefined) {
      expect({ ours: (await listed(bytes)) === null, theirs: list === null }, 'O4').toEqual({
        ours: isRefused,
        theirs: isRefused,
      })
    }
    expect({ ours: await findsIntact(bytes), theirs: check.ok }, JSON.stringify(check)).toEqual({
      ours: isIntact,
      theirs: isIntact,
    })
  })

  it('[I4, J3, D6] judge alike what was drawn into a description', async () => {
    let intact = 0
    for (const { name, file, bytes } of drawn) {
      const { check, list } = theirs.get(file)!
      const ours = await findsIntact(bytes)
      expect(check.ok, `${file}: ${name}\n${JSON.stringify(check)}`).toBe(ours)
      expect(list, `${file}: ${name}`).toEqual(await listed(bytes))
      if (ours) intact++
    }
    expect(intact).toBeGreaterThan(DRAWN / 10)
    expect(intact).toBeLessThan(DRAWN / 2)
  })

  it('[W, J3] an index written over any of those that are intact is intact, and lists the same', async () => {
    for (const { name, bytes } of [...handmade, ...drawn]) {
      if (!(await findsIntact(bytes))) continue
      const file = new MemoryFile(bytes)
      const { items } = (await openArchive(file, { sha256 })).state.description
      const editor = await openEditor(file, sha256)
      await editor.writeIndex()
      await editor.edit({ metadata: { edited: true } }, { by: 'record' })
      await editor.writeIndex()
      expect((await checkArchive(file, { sha256 })).problems, name).toEqual([])
      const contents = ({ name, length, digest }: Item) => [name, length, digest]
      expect(editor.state.description.items.map(contents), name).toEqual(items.map(contents))
    }
  })

  it('have commands, of which the second lists, checks and extracts one file', async () => {
    const path = join(folder, handmade.find(({ isIntact }) => isIntact)!.file)
    const survey = theirs.get(handmade.find(({ isIntact }) => isIntact)!.file)!
    expect(JSON.parse(await python('list', path))).toEqual(survey.list)
    expect(JSON.parse(await python('check', path))).toEqual({ ok: true, problems: [] })
    expect((await python('extract', path, 'two', '--sha256')).trim()).toBe(survey.sha256?.['two'])
    const out = join(folder, 'extracted')
    await python('extract', path, 'two', '-o', out)
    expect(createHash('sha256').update(readFileSync(out)).digest('hex')).toBe(survey.sha256?.['two'])
    await expect(python('extract', path, 'no such item', '-o', out)).rejects.toMatchObject({ code: 1 })
    const broken = join(folder, handmade.find(({ isIntact }) => !isIntact)!.file)
    await expect(python('check', broken)).rejects.toMatchObject({ code: 1 })
  })

  it('have met everything that the format has', () => {
    const stories = archives.map(({ story }) => story.join('; '))
    for (const deed of [
      'a head alone',
      'written by records, without an index',
      'its slot filled',
      'video as its main',
      'audio as its main',
      'edited by index',
      'edited by record',
      'erased',
      'signed',
      'compacted',
      'several extents',
      'an extension box',
      'a crash after',
    ]) {
      expect(stories.filter((story) => story.includes(deed)).length, deed).toBeGreaterThan(4)
    }
    const items = archives.flatMap(({ ours }) => (ours.list as { items: Record<string, unknown>[] }).items)
    for (const member of ['inline', 'pointer', 'limits', 'extensions', 'from', 'encryption', 'endMs']) {
      expect(items.filter((item) => Object.hasOwn(item, member)).length, member).toBeGreaterThan(4)
    }
    expect(damaged.length).toBeGreaterThan(ARCHIVES / 2)
  })
})
