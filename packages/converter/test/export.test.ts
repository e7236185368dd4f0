import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseVtt } from '@rushes/processors'
import { runProgram } from '@rushes/sandbox'
import { anonymous, newArchiveId, openArchive, type TimelineEvent } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { opencast } from '../src/families/opencast/opencast.ts'
import { convertArchive, type Exported, type ExportOptions, exportArchive } from '../src/index.ts'
import { foundInput } from '../src/input/input-folder.ts'
import { unzip } from '../src/input/unzip.ts'
import { makeSmallArchive, smallArchiveSlides } from './small-archive.ts'

let folder: string
let talk: string
let plain: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-export-'))
  talk = await makeSmallArchive(folder)
  plain = await makeSmallArchive(folder, false)
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

async function exported(
  path: string,
  options: Omit<ExportOptions, 'archive' | 'source' | 'output'> & { name: string },
): Promise<Exported & { output: string }> {
  await using source = await openFile(path)
  const archive = await openArchive(source, { sha256: nodeSha256, caller: anonymous })
  const output = join(folder, options.name)
  return { ...(await exportArchive({ archive, source, output, ...options })), output }
}

type Stream = {
  codec_type: string
  codec_name: string
  duration: string
  width?: number
  tags?: Record<string, string>
}
type Probed = {
  streams: Stream[]
  format: { duration: string }
  chapters: { start_time: string; tags: { title: string } }[]
}

async function probed(path: string): Promise<Probed> {
  const args = ['-v', 'error', '-show_streams', '-show_format', '-show_chapters', '-of', 'json', path]
  const { stdout } = await runProgram({ program: 'ffprobe', args, timeLimitMs: 60_000 })
  return JSON.parse(Buffer.from(stdout).toString('utf8')) as Probed
}

/** Red, green and blue at a place of the picture (fractions of its sides), by times. */
async function colours(path: string, times: readonly number[], x: number, y: number): Promise<string[]> {
  const filter = `fps=25,crop=8:8:iw*${x}:ih*${y},scale=1:1,format=rgb24`
  const args = ['-v', 'error', '-i', path, '-vf', filter, '-f', 'rawvideo', '-']
  const { stdout } = await runProgram({ program: 'ffmpeg', args, timeLimitMs: 60_000 })
  const bytes = stdout
  return times.map((ms) => {
    const at = Math.min(Math.floor((ms * 25) / 1000), bytes.length / 3 - 1) * 3
    return [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!].map((value) => (value > 128 ? '1' : '0')).join('')
  })
}

describe('an archive as one video', () => {
  it('decodes whole, is as long as the archive, and has captions, chapters and slides in their places', async () => {
    const { output, durationMs, notes } = await exported(talk, {
      to: 'video',
      name: 'beside.mp4',
      video: { height: 180 },
    })
    expect([durationMs, notes.map(({ code }) => code)]).toEqual([6000, ['kept-back']])
    await runProgram({
      program: 'ffmpeg',
      args: ['-v', 'error', '-xerror', '-i', output, '-f', 'null', '-'],
      timeLimitMs: 60_000,
    })
    const { streams, format, chapters } = await probed(output)
    expect(Number(format.duration)).toBeCloseTo(6, 1)
    expect(
      streams.filter((each) => each.codec_type !== 'data').map((each) => [each.codec_name, each.tags?.['language']]),
    ).toEqual([
      ['h264', 'und'],
      ['aac', 'und'],
      ['mov_text', 'eng'],
      ['mov_text', 'deu'],
    ])
    expect(chapters.map(({ start_time: at, tags }) => [Number(at), tags.title])).toEqual([
      [0, 'Begin'],
      [1.501, 'Slide 2'],
      [3, 'The end'],
      [4.5, 'Questions'],
    ])
    const times = [200, 1400, 1700, 2900, 3200, 4400, 4700, 5900]
    expect(await colours(output, times, 0.35, 0.5)).toEqual(['010', '010', '110', '110', '001', '001', '010', '010'])
    expect(await colours(output, [200, 5900], 0.87, 0.5)).toEqual(['100', '100'])
  })

  it('has the picture over the slides, or draws captions into it, or is the picture as it was', async () => {
    const over = await exported(talk, {
      to: 'video',
      name: 'over.mp4',
      video: { height: 180, layout: 'over', captions: 'burned' },
    })
    expect(await colours(over.output, [200, 3200], 0.9, 0.85)).toEqual(['100', '100'])
    expect(await colours(over.output, [200, 3200], 0.4, 0.3)).toEqual(['010', '001'])
    expect((await probed(over.output)).streams.map(({ codec_type: type }) => type)).not.toContain('subtitle')
    // Words are drawn white and dark over the slide, from 1 to 3 s.
    const still = async (ms: number): Promise<number> => {
      const filter = `trim=start=${ms / 1000},crop=iw*0.4:ih*0.15:iw*0.3:ih*0.83,format=gray`
      const args = ['-v', 'error', '-i', over.output, '-vf', filter, '-frames:v', '1', '-f', 'rawvideo', '-']
      const { stdout } = await runProgram({ program: 'ffmpeg', args, timeLimitMs: 60_000 })
      return new Set(stdout).size
    }
    expect(await still(2000)).toBeGreaterThan(20)
    expect(await still(400)).toBeLessThan(20)
    const picture = await exported(plain, { to: 'video', name: 'picture.mp4' })
    const { streams } = await probed(picture.output)
    expect(streams.slice(0, 2).map(({ codec_name: codec, width }) => [codec, width])).toEqual([
      ['h264', 160],
      ['aac', undefined],
    ])
  })
})

describe('an archive as a mediapackage', () => {
  it('is read back by our own reader with the same facts', async () => {
    const { output } = await exported(talk, { to: 'opencast', name: 'talk.zip' })
    const {
      files: [zip],
    } = await foundInput(output)
    const place = join(folder, 'unzipped')
    await mkdir(place)
    const { files: all } = await unzip(zip!, {
      folder: place,
      prefix: '',
      signal: new AbortController().signal,
      onProgress() {},
    })
    // As whoever knows nothing of the events that are in it besides.
    const files = all.filter(({ name }) => name !== 'timeline.json')
    expect(all).toHaveLength(files.length + 1)
    const [claim] = await opencast.claims(files)
    const { tracks, decks, events, metadata, notes, files: facts } = await opencast.read(files, claim!)
    expect(notes).toEqual([])
    expect(tracks).toEqual([{ file: 'presentation.mp4', role: 'main', startMs: 0, endMs: null, side: 'presentation' }])
    expect(events.map(({ t, kind, data }) => [t, kind, (data as { text?: string }).text ?? ''])).toEqual([
      [0, 'slide', 'Begin more'],
      [1500.5, 'slide', ''],
      [3000, 'slide', 'The end'],
      [4500, 'slide', 'Begin more'],
    ])
    // Each has its own picture, which is that of the slide.
    const pages = await Promise.all(
      decks[0]!.pages.map(async (page) =>
        (
          await readFile(
            join(
              place,
              files
                .find(({ name }) => name === page)!
                .path.split('/')
                .at(-1)!,
            ),
          )
        ).toString('base64'),
      ),
    )
    const colour = await Promise.all(
      smallArchiveSlides.map(async ([, , each]) => (await readFile(join(folder, `${each}.png`))).toString('base64')),
    )
    expect(pages).toEqual(colour)
    expect(metadata).toMatchObject({
      ...{ title: 'A talk <of> "six" & more', language: 'en', started: '2024-02-03T04:05:06.000Z' },
      ...{ authors: [{ name: 'Ada Lovelace' }, { name: 'Grace' }], description: 'What was said' },
      source: { series: 'Talks' },
    })
    const captions = [...facts]
      .filter(([, { type }]) => type === 'captions')
      .map(([name, { language }]) => [name, language])
    expect(captions).toEqual([
      ['captions-en.vtt', 'en'],
      ['captions-de.vtt', 'de'],
    ])
  })

  it('becomes an archive again that lasts as long, with the same slides and everything that happened', async () => {
    const again = join(folder, 'again.umf')
    await convertArchive({ inputs: [join(folder, 'talk.zip')], output: again, drawId: async () => newArchiveId() })
    await using source = await openFile(again)
    const archive = await openArchive(source, { sha256: nodeSha256 })
    expect(archive.presentation).toMatchObject({ type: 'video', durationMs: 6000 })
    const events = await archive.events()
    await using whole = await openFile(talk)
    const before = await (await openArchive(whole, { sha256: nodeSha256, caller: anonymous })).events()
    const told = (all: readonly TimelineEvent[]) => all.map(({ t, kind, data }) => ({ t, kind, data }))
    expect(told(events)).toEqual(told(before))
    // Each slide's picture is that of its deck and place.
    for (const { resource, data } of events.filter(({ kind }) => kind === 'slide')) {
      const { index } = data as { index: number }
      const colour = smallArchiveSlides.find(([, each]) => each === index)![2]
      expect(Buffer.from(await archive.bytes(resource!)).equals(await readFile(join(folder, `${colour}.png`)))).toBe(
        true,
      )
    }
    expect(archive.metadata['format']).toBe('opencast')
  })
})

describe('an archive that is given as it is', () => {
  it('is kept whole for its owner alone, nothing of it is shown, and it is said what to do', async () => {
    const output = join(folder, 'within.umf')
    await convertArchive({ inputs: [talk], output, drawId: async () => newArchiveId() })
    await using source = await openFile(output)
    const all = await openArchive(source, { sha256: nodeSha256 })
    const seen = all.as(anonymous).items()
    expect([all.presentation, all.item('talk.umf')?.level, seen.map(({ type }) => type)]).toEqual([null, 0, ['events']])
    const notes = all.metadata['notes'] as { code: string }[]
    expect(notes.map(({ code }) => code)).toContain('archive-within')
  })
})

describe('an archive as words', () => {
  it('is captions and transcripts on its timeline, chapters and chat', async () => {
    const { output, files } = await exported(talk, { to: 'vtt', name: 'words' })
    expect(files).toEqual(['captions.en.vtt', 'transcript.de.vtt', 'chapters.vtt', 'chat.vtt'])
    const cues = await Promise.all(files.map(async (name) => parseVtt(await readFile(join(output, name), 'utf8'))))
    const brief = cues.map((all) =>
      all.map(({ startMs, endMs, spans }) => [startMs, endMs, spans.map(({ text }) => text).join('')]),
    )
    expect(brief).toEqual([
      [
        [1000, 3000, 'Hello {world} & all'],
        [3500, 5500, 'Second line\nof two'],
      ],
      // Its times count from where the item begins.
      [[1000, 1500, 'Hallo']],
      [
        [0, 1501, 'Begin'],
        [1501, 3000, 'Slide 2'],
        [3000, 4500, 'The end'],
        [4500, 6000, 'Questions'],
      ],
      [
        [700, 2000, 'Hi\nthere <b>'],
        [2000, 7000, 'Bye'],
      ],
    ])
  })
})

describe('what is exported', () => {
  it('never takes the place of what is there, and leaves nothing when it fails', async () => {
    const taken = join(folder, 'taken')
    await mkdir(taken)
    await writeFile(join(taken, 'mine.txt'), 'mine')
    await expect(exported(talk, { to: 'vtt', name: 'taken', force: true })).rejects.toMatchObject({
      code: 'file-exists',
    })
    await writeFile(join(folder, 'taken.zip'), 'mine')
    await expect(exported(talk, { to: 'opencast', name: 'taken.zip' })).rejects.toMatchObject({ code: 'file-exists' })
    await exported(talk, { to: 'opencast', name: 'taken.zip', force: true })
    const controller = new AbortController()
    const stopped = exported(talk, {
      ...{ to: 'video', name: 'stopped.mp4', signal: controller.signal, video: { height: 720 } },
      onProgress: () => controller.abort(),
    })
    await expect(stopped).rejects.toThrow()
    await expect(exported(plain, { to: 'video', name: 'none.mp4', video: { layout: 'slides' } })).rejects.toMatchObject(
      {
        code: 'nothing-found',
      },
    )
    const left = (await readdir(folder)).filter((name) => name.startsWith('.') || /stopped|none/.test(name))
    expect([left, await readFile(join(taken, 'mine.txt'), 'utf8')]).toEqual([[], 'mine'])
  })
})
