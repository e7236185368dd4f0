// Archives of formats that nobody knows, from one end of the converter to the other.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Item, newArchiveId, openArchive, type TimelineEvent } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Conversion, type ConvertOptions, convertArchive, type Finding } from '../src/index.ts'
import { fixturePath } from './fixture-facts.ts'
import { type SmallBlob, blobSeed as seed, smallBlob, smallWav } from './small-blob.ts'
import { smallPdf } from './small-meeting.ts'
import { smallZip } from './small-zip.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-blob-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Opened = {
  format: unknown
  items: readonly Item[]
  events: readonly TimelineEvent[]
  presentation: { durationMs: number } | null
  matrix: Finding
}

let count = 0
async function converted(
  input: string,
  options: Partial<ConvertOptions> = {},
): Promise<Opened & { conversion: Conversion }> {
  const output = join(folder, `${count++}.umf`)
  const conversion = await convertArchive({ inputs: [input], output, drawId: async () => newArchiveId(), ...options })
  await using source = await openFile(output)
  const archive = await openArchive(source, { sha256: nodeSha256 })
  const hasMatrix = archive.items().some(({ name }) => name === 'discovery.json')
  return {
    conversion,
    ...{ format: archive.metadata['format'], items: archive.items(), events: await archive.events() },
    presentation: archive.presentation,
    matrix: hasMatrix ? JSON.parse(Buffer.from(await archive.bytes('discovery.json')).toString()) : null,
  }
}

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const slidesOf = (events: readonly TimelineEvent[]) =>
  events.filter(({ kind }) => kind === 'slide').map(({ t, data }) => ({ t, value: (data as { value: number }).value }))

describe(`a blob of an unknown format, seed ${seed}`, { timeout: 180_000 }, () => {
  let blob: SmallBlob
  let made: Awaited<ReturnType<typeof converted>>
  beforeAll(async () => {
    blob = smallBlob()
    await writeFile(join(folder, 'event.dat'), blob.bytes)
    made = await converted(join(folder, 'event.dat'))
  }, 300_000)

  it('is kept, and what is in it becomes items that say where they lay', () => {
    const placed = made.items.flatMap(({ name, type, digest, metadata }) => {
      const origin = metadata?.['origin'] as { offset: number; length?: number } | undefined
      return origin === undefined ? [] : [{ name: name.replace(/.*\./, ''), type, digest, ...origin }]
    })
    const { bytes, parts } = blob
    const of = (name: string, type: string, { offset, length }: { offset: number; length: number }) => ({
      ...{ name, type, digest: digestOf(bytes.subarray(offset, offset + length)), offset, length },
    })
    expect(placed).toEqual([
      { name: 'dat', type: 'data', digest: digestOf(bytes), offset: 0 },
      of('wav', 'audio', parts.wav),
      of('pdf', 'document', parts.pdf),
      of('vtt', 'transcript', parts.vtt),
    ])
    expect(made.format).toBe('unknown')
  })

  it('plays its sound, and shows its slides when they were turned to', () => {
    expect(made.presentation!.durationMs).toBe(blob.durationMs)
    expect(slidesOf(made.events)).toEqual(blob.slides)
    for (const { kind, resource, data } of made.events) {
      const { index, value, confidence, interpolated } = data as Record<string, number>
      expect([kind, index, interpolated]).toEqual(['slide', value! - 1, undefined])
      expect(confidence).toBeGreaterThan(0.5)
      expect(resource).toMatch(new RegExp(`^slides/.*/${value}\\.png$`))
    }
  })

  it('keeps the matrix of what was found in it', () => {
    const { matrix, conversion } = made
    expect(matrix).toEqual(conversion.finding)
    const [{ count: found, resources }] = matrix.extracted as [Finding['extracted'][number]]
    expect([found, resources.map(({ format, start }) => [format, start])]).toEqual([
      3,
      [
        ['wav', blob.parts.wav.offset],
        ['pdf', blob.parts.pdf.offset],
        ['vtt', blob.parts.vtt.offset],
      ],
    ])
    const [searched] = matrix.searched
    const [row] = searched!.patterns
    const { wav, pdf, vtt } = blob.parts
    expect(searched!.left).toBe(blob.bytes.length - wav.length - pdf.length - vtt.length)
    expect(row).toMatchObject({ kind: 'slide', count: blob.slides.length })
    expect(row!.values).toEqual(blob.slides.map(({ value }) => value))
    expect(row!.places).toEqual(blob.records.map((place) => place + row!.places[0]! - blob.records[0]!))
  })

  it('is left out where data is not wanted, and its parts are not', async () => {
    const { items, events } = await converted(join(folder, 'event.dat'), { wishes: { except: ['data', 'slide'] } })
    expect(items.map(({ type }) => type)).toEqual(['audio', 'document', 'transcript', 'events'])
    expect(events).toEqual([])
  })

  it('is looked through in a form of which only the system is known, too', async () => {
    await writeFile(join(folder, 'meeting.wrf'), blob.bytes)
    const wishes = { only: ['events', 'audio', 'document'] }
    const { format, events, items, conversion } = await converted(join(folder, 'meeting.wrf'), { wishes })
    expect([format, slidesOf(events)]).toEqual(['webex', blob.slides])
    expect(items.map(({ type }) => type)).toEqual(['audio', 'document', 'events'])
    expect(conversion.notes.map(({ code }) => code)).toContain('webex-only')
  })

  it('has taught how to read the next one of its kind', async () => {
    const { learned } = made.conversion
    expect(learned).toHaveLength(1)
    const next = smallBlob(seed + 1)
    await writeFile(join(folder, 'next.dat'), next.bytes)
    const layouts = async () => [{ ...learned[0]!, name: 'lecture box' }]
    const again = await converted(join(folder, 'next.dat'), { layouts })
    expect(again.format).toBe('learned:lecture box')
    expect(again.conversion.learned).toEqual([])
    expect(slidesOf(again.events)).toEqual(next.slides)
  })
})

describe('an unknown folder', { timeout: 180_000 }, () => {
  it('has what its files tell beside its sound and its deck', async () => {
    const { bytes, parts, slides } = smallBlob(seed + 2)
    const place = join(folder, 'strange')
    await mkdir(place)
    const of = ({ offset, length }: { offset: number; length: number }) => bytes.subarray(offset, offset + length)
    await writeFile(join(place, 'sound'), of(parts.wav))
    await writeFile(join(place, 'deck'), of(parts.pdf))
    await writeFile(join(place, 'log'), bytes.subarray(parts.wav.offset + parts.wav.length, parts.pdf.offset))
    const { format, items, events } = await converted(place)
    expect([format, items.filter(({ metadata }) => metadata?.['origin']).map(({ name }) => name)]).toEqual([
      'media',
      ['deck', 'log', 'sound'],
    ])
    expect(slidesOf(events)).toEqual(slides)
    expect(events.every(({ resource }) => resource !== undefined)).toBe(true)
  })

  it('takes apart a file that begins as one thing and goes on as others', async () => {
    const place = join(folder, 'joined')
    await mkdir(place)
    const [wav, pdf, zip] = [
      smallWav(2),
      smallPdf(1),
      smallZip([{ name: 'notes/a.txt', content: Buffer.from('something to read\n') }]),
    ]
    await writeFile(join(place, 'joined.wav'), Buffer.concat([wav, pdf, zip]))
    await writeFile(join(place, 'padded.wav'), Buffer.concat([wav, Buffer.alloc(5000)]))
    const { items } = await converted(place, { wishes: { except: ['slide', 'video', 'audio'] } })
    const names = items.map(({ name }) => name)
    expect(names).toContain('joined.wav')
    expect(names.filter((name) => name.includes('parts')).map((name) => name.replace(/\d+/, ''))).toEqual([
      'joined.wav.parts/.pdf',
      'joined.wav.parts/.zip/notes/a.txt',
    ])
  })

  it('of which nothing is known says so', async () => {
    const place = join(folder, 'five.bin')
    await writeFile(place, Buffer.from([1, 2, 3, 0, 255]))
    const { matrix, items } = await converted(place)
    expect(matrix).toMatchObject({ extracted: [{ file: 'five.bin', size: 5, count: 0, resources: [] }], searched: [] })
    expect(items.map(({ name }) => name)).toEqual(['five.bin', 'discovery.json', 'timeline.json'])
  })
})

const truthPath = fixturePath('blobs/blob_dev.bin.truth.json')
describe.runIf(existsSync(truthPath))('the blob of media between noise', { timeout: 180_000 }, () => {
  it('has every resource of its truth, byte for byte and in its place, and no event', async () => {
    const truth = JSON.parse(await readFile(truthPath, 'utf8')) as {
      items: { offset: number; length: number; sha256: string }[]
    }
    const { items, events } = await converted(fixturePath('blobs/blob_dev.bin'), { wishes: { except: ['slide'] } })
    const placed = items
      .filter(({ metadata }) => metadata?.['piece'] !== undefined)
      .map(({ length, digest, metadata }) => ({ length, digest, ...(metadata!['origin'] as { offset: number }) }))
    expect(placed).toEqual(
      truth.items.map(({ offset, length, sha256 }) => ({ offset, length, digest: `sha256:${sha256}` })),
    )
    expect(events).toEqual([])
  })
})

it('nothing is left beside what was made', async () => {
  expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([])
})
