// Media that hold more than picture and sound, or less than they say.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Archive, newArchiveId, openArchive } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ffmpeg } from '../../processors/test/conversion.ts'
import { type Conversion, convertArchive } from '../src/index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-within-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const picture = ['-f', 'lavfi', '-i', 'color=red:s=64x48:r=25:d=2']
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100:duration=2']
const x264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p']

type Converted = { archive: Archive; conversion: Conversion }

async function converted<Result>(name: string, use: (made: Converted) => Promise<Result>): Promise<Result> {
  const output = join(folder, `${name}.umf`)
  const conversion = await convertArchive({
    ...{ inputs: [join(folder, name)], output, force: true, drawId: async () => newArchiveId() },
  })
  await using source = await openFile(output)
  return await use({ archive: await openArchive(source, { sha256: nodeSha256 }), conversion })
}

const text = async (archive: Archive, name: string) => Buffer.from(await archive.bytes(name)).toString('utf8')
const codes = ({ notes }: Conversion) => notes.map(({ code }) => code)

describe('a medium', { timeout: 120_000 }, () => {
  it('with captions and chapters within has them beside it, at their times and in their language', async () => {
    await writeFile(join(folder, 'said.srt'), '1\n00:00:00,250 --> 00:00:01,125\nGuten Tag\n')
    const chapter = (from: number, to: number, title: string) =>
      `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${from}\nEND=${to}\ntitle=${title}\n`
    const chapters = `;FFMETADATA1\n${chapter(0, 800, 'One')}${chapter(800, 2000, 'Two')}`
    await writeFile(join(folder, 'chapters.txt'), chapters)
    await ffmpeg(
      ...[...picture, ...tone, '-i', join(folder, 'said.srt'), '-i', join(folder, 'chapters.txt')],
      ...['-map', '0', '-map', '1', '-map', '2', '-map_metadata', '3', ...x264, '-c:a', 'flac', '-c:s', 'srt'],
      ...['-metadata:s:s:0', 'language=ger', join(folder, 'talk.mkv')],
    )
    await converted('talk.mkv', async ({ archive }) => {
      expect(archive.presentation).toMatchObject({ type: 'video' })
      const words = archive.items({ type: 'captions' })
      expect(words).toMatchObject([{ name: 'talk (de).vtt', language: 'de', startMs: 0, endMs: 1125 }])
      expect(await text(archive, 'talk (de).vtt')).toContain('00:00.250 --> 00:01.125\nGuten Tag')
      const marks = (await archive.events()).filter(({ kind }) => kind === 'mark')
      expect(marks.map(({ t, data }) => [t, data])).toEqual([
        [0, { label: 'One' }],
        [800, { label: 'Two' }],
      ])
    })
  })

  it('of which nobody here can read the sound is seen all the same, and said to lack it', async () => {
    await ffmpeg(...picture, ...tone, ...x264, '-c:a', 'wavpack', join(folder, 'odd.mkv'))
    await converted('odd.mkv', async ({ archive, conversion }) => {
      expect(archive.presentation).toMatchObject({ type: 'video', durationMs: 2000 })
      expect(codes(conversion)).toContain('partly-read')
      expect(archive.items().map(({ name }) => name)).toContain('odd.mkv')
    })
  })

  it('that is sound with a picture on its cover is sound, as long as its encoder says that it is', async () => {
    await ffmpeg(...picture, '-frames:v', '1', join(folder, 'cover.png'))
    await ffmpeg(
      ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100:duration=1.5', '-i', join(folder, 'cover.png')],
      ...['-map', '0', '-map', '1', '-c:a', 'libmp3lame', '-c:v', 'copy', '-id3v2_version', '3'],
      ...['-disposition:v:0', 'attached_pic', join(folder, 'song.mp3')],
    )
    await converted('song.mp3', async ({ archive }) => {
      expect(archive.presentation?.type).toBe('audio')
      expect(Math.abs(archive.presentation!.durationMs - 1500)).toBeLessThan(1)
    })
  })

  it('that claims to last for days lasts as long as there is of it', async () => {
    const file = join(folder, 'long.mp4')
    await ffmpeg(...picture, ...tone, ...x264, '-c:a', 'aac', file)
    const bytes = await readFile(file)
    // ISO/IEC 14496-12 §8.2.2, §8.4.2: version 0, the time scale 12 bytes behind the type's, the duration 4 on.
    for (const type of ['mvhd', 'mdhd']) {
      for (let at = bytes.indexOf(type); at >= 0; at = bytes.indexOf(type, at + 4))
        bytes.writeUInt32BE(0x7fffffff, at + 20)
    }
    await writeFile(file, bytes)
    await converted('long.mp4', async ({ archive }) => {
      expect(archive.presentation?.type).toBe('video')
      expect(Math.abs(archive.presentation!.durationMs - 2000)).toBeLessThan(50)
    })
  })

  it('begins where its first stream does, and ends where its last one does', async () => {
    await ffmpeg(...picture, '-itsoffset', '0.5', ...tone, ...x264, '-c:a', 'aac', join(folder, 'late.mp4'))
    await converted('late.mp4', async ({ archive }) => {
      expect(Math.abs(archive.presentation!.durationMs - 2500)).toBeLessThan(25)
    })
  })
})

describe('a picture', { timeout: 60_000 }, () => {
  it('tells how large it is, and a film behind it is a film', async () => {
    await ffmpeg(...picture, '-frames:v', '1', join(folder, 'still.jpg'))
    await ffmpeg(...picture, ...x264, join(folder, 'film.mp4'))
    const [still, film] = [await readFile(join(folder, 'still.jpg')), await readFile(join(folder, 'film.mp4'))]
    // Motion Photo 1.0: in the description, how long what stands behind the picture is.
    const description =
      'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description ' +
      `GCamera:MotionPhoto="1" GCamera:MicroVideo="1" GCamera:MicroVideoOffset="${film.length}"/></x:xmpmeta>`
    const app1 = Buffer.alloc(4)
    app1.writeUInt16BE(0xffe1, 0)
    app1.writeUInt16BE(description.length + 2, 2)
    const photo = Buffer.concat([still.subarray(0, 2), app1, Buffer.from(description, 'latin1'), still.subarray(2)])
    await writeFile(join(folder, 'photo.jpg'), Buffer.concat([photo, film]))
    await converted('photo.jpg', async ({ archive }) => {
      expect(archive.item('photo.jpg')).toMatchObject({ type: 'image', metadata: { width: 64, height: 48 } })
      const name = `photo.jpg.parts/${photo.length}.mp4`
      const item = archive.item(name)
      expect(item).toMatchObject({ type: 'video', metadata: { origin: { offset: photo.length, length: film.length } } })
      expect(Buffer.from(await archive.bytes(name)).equals(film)).toBe(true)
      expect(archive.presentation).toMatchObject({ type: 'video', durationMs: 2000 })
    })
  })
})
