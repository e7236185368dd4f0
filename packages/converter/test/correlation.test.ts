// What resources that tell no times are told by others.
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newArchiveId, openArchive } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../media/test/seeded-random.ts'
import { room, writeSound } from '../../processors/test/made-sound.ts'
import { convertArchive } from '../src/index.ts'
import { lectureSeconds, makeSmallLecture, type SmallLecture } from './small-lecture.ts'
import { pdfOf } from './small-meeting.ts'

let folder: string
let lecture: SmallLecture
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-correlation-'))
  const random = seededRandom(seed)
  lecture = await makeSmallLecture(join(folder, 'lecture'), random)
  // Somebody else's, by mistake in the same folder.
  await writeSound(room(20, random), join(lecture.folder, 'elsewhere.m4a'))
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a lecture of which files lie side by side', () => {
  it('has its slides when they are seen in the video, and a second recording where it is heard', async () => {
    const output = join(folder, 'lecture.umf')
    const { notes, tasks } = await convertArchive({
      inputs: [lecture.folder],
      output,
      drawId: async () => newArchiveId(),
    })
    await using source = await openFile(output)
    const archive = await openArchive(source, { sha256: nodeSha256 })
    const slides = (await archive.events()).filter(({ kind }) => kind === 'slide')
    const which = slides.map(({ data }) => (data as { index: number }).index)
    expect(which, `seed ${seed}`).toEqual(lecture.shown.map(([page]) => page))
    for (const [index, { t, data, resource }] of slides.entries()) {
      const [page, seconds] = lecture.shown[index]!
      expect(Math.abs(t - seconds * 1000), `seed ${seed}, slide ${index}`).toBeLessThanOrEqual(300)
      expect(data).toMatchObject({ deck: 'talk.pdf', by: 'video' })
      expect(archive.item(resource!)).toMatchObject({ type: 'slide', metadata: { index: page } })
    }
    const second = archive.item('recorder.m4a')!
    expect(Math.abs(second.startMs! - lecture.secondAt * 1000), `seed ${seed}`).toBeLessThan(20)
    expect(second.metadata).toMatchObject({ alignment: { by: 'sound', to: 'lecture.mp4' } })
    // Nothing says where it belongs, and nothing is made up.
    const other = archive.item('elsewhere.m4a')!
    expect([other.startMs, other.metadata?.['alignment']]).toEqual([0, undefined])
    expect(notes.map(({ code, resource }) => [code, resource]).sort()).toEqual([
      ['aligned-by-sound', 'recorder.m4a'],
      ['not-aligned', 'elsewhere.m4a'],
      ['slides-seen', 'lecture.mp4'],
    ])
    expect(tasks.filter(({ rule }) => rule === 'slide-times' || rule === 'align')).toHaveLength(3)
    expect((archive.presentation as { durationMs: number }).durationMs).toBeGreaterThan(lectureSeconds * 1000 - 200)
  }, 300_000)

  it('of a system that is known has what another recorder heard in step with its own sound', async () => {
    const place = join(folder, 'paella')
    await mkdir(place)
    await copyFile(join(lecture.folder, 'lecture.mp4'), join(place, 'lecture.mp4'))
    const stream = { content: 'presenter', sources: { mp4: [{ src: 'lecture.mp4', mimetype: 'video/mp4' }] } }
    const data = { metadata: { title: 'Talk', duration: lectureSeconds }, streams: [stream], frameList: [] }
    await writeFile(join(place, 'data.json'), JSON.stringify(data))
    const output = join(folder, 'beside.umf')
    const inputs = [place, join(lecture.folder, 'recorder.m4a'), join(lecture.folder, 'elsewhere.m4a')]
    const { notes } = await convertArchive({ inputs, output, drawId: async () => newArchiveId() })
    await using source = await openFile(output)
    const archive = await openArchive(source, { sha256: nodeSha256 })
    expect(archive.metadata['format']).toBe('paella')
    const second = archive.items().find(({ name }) => name.endsWith('recorder.m4a'))!
    expect(Math.abs(second.startMs! - lecture.secondAt * 1000), `seed ${seed}`).toBeLessThan(20)
    const { alignment } = second.metadata as { alignment: { to: string; driftPpm: number } }
    expect(alignment.to).toBe('paella/lecture.mp4')
    expect(alignment.driftPpm).toBeTypeOf('number')
    const told = notes.map(({ code, resource = '' }) => [code, resource.split('/').at(-1)])
    expect(told).toContainEqual(['aligned-by-sound', 'recorder.m4a'])
    expect(told).toContainEqual(['not-aligned', 'elsewhere.m4a'])
  }, 300_000)

  it('has its slides where they are pictures', async () => {
    const place = join(folder, 'pictures')
    await mkdir(place)
    await copyFile(join(lecture.folder, 'lecture.mp4'), join(place, 'lecture.mp4'))
    for (const [index, path] of lecture.pictures.entries()) await copyFile(path, join(place, `Slide${index + 1}.png`))
    const output = join(folder, 'pictures.umf')
    await convertArchive({ inputs: [place], output, drawId: async () => newArchiveId() })
    await using source = await openFile(output)
    const slides = (await (await openArchive(source, { sha256: nodeSha256 })).events()).filter(
      ({ kind }) => kind === 'slide',
    )
    expect(
      slides.map(({ resource }) => resource),
      `seed ${seed}`,
    ).toEqual(lecture.shown.map(([page]) => `Slide${page + 1}.png`))
  }, 300_000)

  it('has its slides when they are spoken about, where they are seen in no video', async () => {
    const place = join(folder, 'spoken')
    await mkdir(place)
    const random = seededRandom(seed + 1)
    const topics = ['harbour', 'lantern', 'meadow', 'orchard', 'quarry', 'saddle', 'thimble', 'violet']
    const more = ['candle', 'feather', 'granite', 'juniper', 'kettle', 'marble', 'pebble', 'walnut']
    const page = (index: number): string => `BT /F 20 Tf 20 120 Td (${topics[index]} ${more[index]} ${index}) Tj ET`
    await writeFile(join(place, 'talk.pdf'), pdfOf(topics.map((_, index) => page(index))))
    const times = topics.map((_, index) => index * 7)
    const cue = (at: number, text: string): string => `00:00:${two(at)}.000 --> 00:00:${two(at + 1)}.500\n${text}\n\n`
    const said = times.flatMap((at, index) => [
      cue(at, `Here we look at the ${topics[index]}`),
      cue(at + 2, 'and so on, as you may know'),
      cue(at + 4, `with the ${more[index]} of it`),
    ])
    await writeFile(join(place, 'talk.vtt'), `WEBVTT\n\n${said.join('')}`)
    await writeSound(room(57, random), join(place, 'talk.m4a'))
    const output = join(folder, 'spoken.umf')
    const { notes, tasks } = await convertArchive({ inputs: [place], output, drawId: async () => newArchiveId() })
    await using source = await openFile(output)
    const events = await (await openArchive(source, { sha256: nodeSha256 })).events()
    const slides = events.filter(({ kind }) => kind === 'slide')
    expect(slides.map(({ t, data }) => [t, data])).toEqual(
      times.map((at, index) => [at * 1000, { deck: 'talk.pdf', index, words: 2, by: 'speech' }]),
    )
    expect(notes.map(({ code, resource }) => [code, resource])).toEqual([['slides-heard', 'talk.vtt']])
    const [told] = tasks.filter(({ rule }) => rule === 'slide-times')
    expect(told!.attempts.map(({ processor }) => processor)).toEqual(['watch-slides', 'hear-slides'])
  }, 300_000)
})

const two = (value: number): string => String(value).padStart(2, '0')
