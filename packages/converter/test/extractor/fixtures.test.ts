import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { memorySource } from '../../src/extractor/byte-source.ts'
import { type Found, indexResources } from '../../src/extractor/index-resources.ts'
import { recognise } from '../../src/extractor/recognise.ts'
import { makeImage, runSeed } from './image.ts'

/** Real files beside the checkout, where there are any. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..')
const fixtures = process.env['RUSHES_FIXTURES'] ?? join(root, '../shared/fixtures')
const manifest = join(fixtures, 'MANIFEST.json')

type Entry = {
  file: string
  bytes: number
  facts?: { format?: string; duration_ms?: number; start_ms?: number | null }
}
const entries: Entry[] = existsSync(manifest)
  ? (JSON.parse(readFileSync(manifest, 'utf8')) as { files: Entry[] }).files
  : []
const read = (entry: Entry): Buffer => readFileSync(join(fixtures, entry.file))

/** Bytes that stand before what the file is, and belong to nothing. */
const garbage: Record<string, number> = { 'mp3/100kB-garbage-prefix.mp3': 100_000 }
/** Text without structure at its end. */
const freeText = /\.(vtt|srt|sbv|csv|m3u8)$|\/typical|\/with_|README$/

/**
 * What the manifest took from a program that guesses by the bitrate (MP3 without a count of its frames, in a transport
 * stream as well), or that counts Opus' pre-skip as sound (RFC 7845 §4.3 says not to); here frames are counted.
 */
const guessed: ReadonlySet<string> = new Set([
  'mp3/100kB-garbage-prefix.mp3',
  'mp3/bear-id3.mp3',
  'mp3/testMP3id3v1_v2.mp3',
  'mediabunny/mp3.ts',
  'ogg/bear.opus',
])

describe.runIf(entries.length > 0)('real files', () => {
  it('are recognised from end to end', async () => {
    for (const entry of entries) {
      const found = await recognise(memorySource(read(entry)))
      const { start, end, whole } = found
      expect({ file: entry.file, start, end, whole }).toEqual({
        file: entry.file,
        start: garbage[entry.file] ?? 0,
        end: entry.bytes,
        whole: true,
      })
    }
  })

  it('last as long as the manifest says', async () => {
    for (const entry of entries) {
      const stated = entry.facts?.duration_ms
      if (stated === undefined || stated === null || guessed.has(entry.file)) continue
      const { startMs, endMs, format } = await recognise(memorySource(read(entry)))
      // Clocks that don't begin at zero: the manifest has the length of these, and the end of others.
      const offset = format === 'mpeg-ts' || format === 'm4a' ? startMs! : 0
      expect(Math.abs(endMs! - offset - stated), `${entry.file}: ${endMs}, ${stated}`).toBeLessThan(1)
    }
  })

  it('are found with exact starts and ends between random bytes', async () => {
    const files = entries.filter(({ bytes }) => bytes >= 31).map((entry) => ({ name: entry.file, bytes: read(entry) }))
    const image = makeImage(files, runSeed)
    const found: Found[] = []
    for await (const each of indexResources(memorySource(image.bytes))) found.push(each)
    const missed: string[] = []
    let chance = 0
    for (const { name, start, end } of image.placed) {
      const from = start + (garbage[name] ?? 0)
      if (found.some((each) => each.start === from && each.end === end && each.whole)) continue
      const near = found.find((each) => Math.abs(each.start - from) <= 24 && Math.abs(each.end - end) <= 24)
      // Random bytes beside a text look like text now and then.
      const text =
        near !== undefined && (near.contentType.startsWith('text/') || freeText.test(name) || near.type === 'data')
      if (text) chance++
      else
        missed.push(
          `${name} at ${start}–${end}: ${JSON.stringify(found.filter((each) => each.end > start && each.start < end))}`,
        )
    }
    expect(missed, `RUSHES_SEED=${runSeed}`).toEqual([])
    expect(chance, `RUSHES_SEED=${runSeed}`).toBeLessThan(25)
    expect(found.length, `RUSHES_SEED=${runSeed}`).toBe(image.placed.length)
  })
})
