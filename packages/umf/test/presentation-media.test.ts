// F5, E4: what becomes of recordings, real ones and broken ones, when they are an archive's main presentation.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joined } from '../src/box.ts'
import {
  bytesSource,
  checkArchive,
  checkedContent,
  newArchiveId,
  openArchive,
  type PreparedPresentation,
  preparePresentation,
  UmfWriter,
} from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'umf-presentation-'))
  const input = '-f lavfi -i testsrc2=size=160x90:rate=25 -f lavfi -i sine=frequency=440 -t 1'
  const forms: Record<string, string> = {
    'plain.mp4': '-c:v libx264 -preset ultrafast -c:a aac',
    'fragmented.mp4': '-c:v libx264 -preset ultrafast -c:a aac -movflags +frag_keyframe+empty_moov',
    'recorded.webm': '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus -f webm -live 1',
    'sound.m4a': '-vn -c:a aac',
  }
  for (const [name, form] of Object.entries(forms)) {
    execFileSync('ffmpeg', [...`-v error -y ${input} ${form}`.split(' '), join(folder, name)])
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function prepared(bytes: Uint8Array, id = newArchiveId()) {
  return await preparePresentation(bytesSource(bytes), id, { sha256 })
}

async function archiveOf(media: PreparedPresentation, id: string): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  const writer = new UmfWriter({ write: (piece) => void all.push(piece.slice()), sha256, id })
  await writer.media({ name: 'talk.mp4', ...media.fields }, media.structure, media.samples)
  await writer.add({ item: { name: 'note', type: 'notes', contentType: 'text/plain' }, content: new Uint8Array([65]) })
  await writer.finish()
  return joined(all)
}

/**
 * Of every frame of the first track, in their order; ffmpeg's own digest of what it decodes. (Opus in MP4 tells what is to be
 * skipped otherwise than in WebM, and ffmpeg cuts the samples into other pieces.)
 */
function frames(file: Uint8Array): string {
  const path = join(folder, 'frames.bin')
  writeFileSync(path, file)
  const args = ['-v', 'error', '-xerror', '-threads', '1', '-i', path, '-map', '0:0', '-f', 'framehash', '-']
  const said = execFileSync('ffmpeg', args, { encoding: 'utf8' })
  return said
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim())
    .join('\n')
}

describe('a recording as the main presentation', () => {
  it.each([
    ['plain.mp4', 'video', 'video/mp4'],
    ['fragmented.mp4', 'video', 'video/mp4'],
    ['recorded.webm', 'video', 'video/mp4'],
    ['sound.m4a', 'audio', 'audio/mp4'],
  ])(
    '[F5, E4] %s plays the same frames from an archive, and from what is taken out of it',
    async (name, type, contentType) => {
      const original = new Uint8Array(readFileSync(join(folder, name)))
      const id = newArchiveId()
      const media = (await prepared(original, id)) as PreparedPresentation
      expect(media).toMatchObject({ state: 'ready', isTaken: false, damage: null, fields: { type, contentType } })
      expect(Math.abs(media.fields.durationMs - 1000)).toBeLessThan(60)
      const file = await archiveOf(media, id)
      expect((await checkArchive(bytesSource(file), { sha256 })).problems).toEqual([])
      expect(frames(file)).toBe(frames(original))

      const archive = await openArchive(bytesSource(file), { sha256 })
      expect(archive.presentation!.length).toBe(8192 + media.length)
      const taken = joined(await all(checkedContent(archive, 'talk.mp4', sha256)))
      expect(frames(taken)).toBe(frames(original))
      const again = (await prepared(taken, id)) as PreparedPresentation
      expect(again.isTaken).toBe(true)
      expect(await archiveOf({ ...again, fields: media.fields }, id)).toEqual(file)
    },
  )

  it('is used up to where it is whole, and says so', async () => {
    const original = new Uint8Array(readFileSync(join(folder, 'fragmented.mp4')))
    const media = (await prepared(original.subarray(0, Math.floor(original.length * 0.9)))) as PreparedPresentation
    expect(media.state).toBe('ready')
    expect(media.damage).not.toBeNull()
  })

  it('is none where it is no media, or an archive with items of its own', async () => {
    expect(await prepared(new TextEncoder().encode('nothing that moves '.repeat(1000)))).toMatchObject({
      state: 'refused',
    })
    expect(await prepared(new Uint8Array(0))).toMatchObject({ state: 'refused' })
    const id = newArchiveId()
    const media = (await prepared(new Uint8Array(readFileSync(join(folder, 'plain.mp4'))), id)) as PreparedPresentation
    expect(await prepared(await archiveOf(media, id))).toEqual({
      state: 'refused',
      reason: 'it is an archive itself: unpack it first',
    })
  })

  it('[D1, D3] that was altered in any one bit is not taken out as if it were right', async () => {
    const id = newArchiveId()
    const media = (await prepared(new Uint8Array(readFileSync(join(folder, 'plain.mp4'))), id)) as PreparedPresentation
    const file = await archiveOf(media, id)
    const { presentation, state } = await openArchive(bytesSource(file), { sha256 })
    const seed = Math.floor(Math.random() * 2 ** 31)
    let random = seed
    for (let trial = 0; trial < 200; trial++) {
      random = (Math.imul(random, 1103515245) + 12345) >>> 0
      const at = random % presentation!.length
      // The slots are read as zeros (E4), and the head says what the file is (the check finds that).
      if (at >= 2048 && at < 8192) continue
      const altered = file.slice()
      altered[at]! ^= 1 << (trial % 8)
      const archive = await openArchive(bytesSource(altered), { sha256 })
      const reading = all(checkedContent(archive, 'talk.mp4', sha256))
      await expect(reading, `seed ${seed}, byte ${at}`).rejects.toMatchObject({ code: 'malformed' })
    }
    const item = state.description.items[0]!.extents![0]![0]
    const altered = file.slice()
    altered[item]! ^= 1
    const archive = await openArchive(bytesSource(altered), { sha256 })
    await expect(all(checkedContent(archive, 'note', sha256))).rejects.toMatchObject({ code: 'malformed' })
  })
})

async function all(content: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece.slice())
  return pieces
}
