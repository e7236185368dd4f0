import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '@rushes/sandbox'
import { type Archive, checkArchive, newArchiveId, openArchive } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convertArchive } from '../src/index.ts'
import { makeSmallMeeting, smallMeetingColours, smallMeetingEvents, smallPdf } from './small-meeting.ts'

let folder: string
let meeting: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-convert-'))
  meeting = await makeSmallMeeting(folder)
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const drawId = async () => newArchiveId()

async function opened<Result>(path: string, use: (archive: Archive) => Promise<Result>): Promise<Result> {
  await using source = await openFile(path)
  return await use(await openArchive(source, { sha256: nodeSha256 }))
}

async function bytesOf(path: string, name: string): Promise<Buffer> {
  return await opened(path, async (archive) => Buffer.from(await archive.bytes(name)))
}

describe('a meeting of BigBlueButton', () => {
  let output: string
  beforeAll(async () => {
    output = join(folder, 'meeting.umf')
    await convertArchive({ inputs: [meeting], output, drawId })
  }, 300_000)

  it('becomes a whole archive, and leaves nothing beside it', async () => {
    await using source = await openFile(output)
    expect((await checkArchive(source, { sha256: nodeSha256 })).problems).toEqual([])
    expect((await readdir(folder)).filter((name) => name.includes('work') || name.includes('part'))).toEqual([])
  })

  it('has its events on the timeline of what was recorded', async () => {
    const events = await opened(output, (archive) => archive.events())
    const brief = events.map(({ t, kind, data }) => {
      const { name, index, text, on } = data as Record<string, unknown>
      return [t, kind, name ?? index ?? text ?? on]
    })
    expect(brief).toEqual(smallMeetingEvents)
    // A slide names its picture.
    await opened(output, async (archive) => {
      for (const { resource, data } of events.filter(({ kind }) => kind === 'slide')) {
        const { index } = data as { index: number }
        expect(archive.item(resource!)).toMatchObject({ type: 'slide', title: `Talk.pdf, ${index + 1}` })
      }
    })
  })

  it('has as its presentation what was recorded, as long as it was, each picture in its place', async () => {
    const { presentation, items } = await opened(output, async (archive) => ({
      presentation: archive.presentation,
      items: archive.items(),
    }))
    expect(presentation).toMatchObject({ type: 'video', durationMs: 6000 })
    for (const [t, colour] of smallMeetingColours) expect([t, await colourAt(output, t)]).toEqual([t, colour])
    // A tone at the beginning of each second of the meeting's clock: that is of the timeline's here.
    const loud = await loudness(output)
    for (const [t, isLoud] of [
      ...[
        [200, true],
        [700, false],
        [2200, true],
        [2700, false],
        [3200, true],
        [3700, false],
        [5200, true],
      ],
    ] as [number, boolean][]) {
      expect([t, loud(t) > 0.05]).toEqual([t, isLoud])
    }
    // What was said before recording began is in the originals, which are for the owner alone.
    const originals = items.filter(({ name }) => /\.(wav|flv)$|events\.xml$/.test(name))
    expect(originals.map(({ name, level, startMs, endMs }) => [name, level, startMs, endMs])).toEqual([
      ['audio/m-5001000.wav', 0, 0, 6000],
      ['deskshare/d.flv', 0, 3500, 6000],
      ['events.xml', 0, undefined, undefined],
      ['video/m-1/cam-a.flv', 0, 0, 3000],
    ])
  })

  it('keeps its files byte for byte', async () => {
    for (const name of ['audio/m-5001000.wav', 'events.xml', 'presentation/deck/deck.pdf']) {
      expect(await bytesOf(output, name)).toEqual(await readFile(join(meeting, name)))
    }
    expect((await bytesOf(output, 'slides/deck/text.txt')).toString()).toBe('Page 1\n\fPage 2\n\fPage 3\n\f')
    const chat = (await bytesOf(output, 'chat.txt')).toString()
    expect(chat).toBe('00:00:00.500\tAda:\tHello\n00:00:04.000\tBob:\tI see <it>\n')
  })
})

describe('wishes', () => {
  it('leave out what is not wanted, and do not make it', async () => {
    const output = join(folder, 'slides.umf')
    const wishes = { only: ['slide', 'chat'] }
    const { tasks } = await convertArchive({ inputs: [meeting], output, drawId, wishes })
    expect(new Set(tasks.map(({ rule }) => rule))).toEqual(
      new Set(['list', 'identity', 'read', 'arrange', 'pages', 'collate']),
    )
    await opened(output, async (archive) => {
      expect([archive.presentation, new Set(archive.items().map(({ type }) => type))]).toEqual([
        null,
        new Set(['slide', 'chat', 'events']),
      ])
      expect(new Set((await archive.events()).map(({ kind }) => kind))).toEqual(new Set(['slide', 'chat']))
    })
  })
})

describe('a damaged page', () => {
  it('is drawn by the slower processor, and takes no other page with it', async () => {
    const place = join(folder, 'deck')
    const broken = join(folder, 'broken.umf')
    const deck = await makeSmallMeeting(place)
    await writeFile(join(deck, 'presentation/deck/deck.pdf'), smallPdf(4, [2]))
    const wishes = { only: ['slide', 'document'] }
    const { tasks, notes } = await convertArchive({ inputs: [deck], output: broken, drawId, wishes })
    const [pages] = tasks.filter(({ rule }) => rule === 'pages')
    expect(pages!.attempts.map(({ processor }) => processor)).toEqual(['draw-pages', 'draw-each-page'])
    const slides = await opened(broken, async (archive) =>
      archive.items({ type: 'slide' }).map(({ metadata }) => metadata!['index']),
    )
    expect(slides).toEqual([0, 1, 2, 3])
    expect(notes.filter(({ code }) => code === 'page-damaged')).toMatchObject([
      {
        severity: 'info',
        resource: 'presentation/deck/deck.pdf',
        message: expect.stringMatching(/^page 2 of Talk.pdf/),
      },
    ])
    // Where nothing is broken the slower one is not used.
    const again = join(folder, 'again.umf')
    const whole = await convertArchive({ inputs: [meeting], output: again, drawId, wishes })
    expect(whole.tasks.find(({ rule }) => rule === 'pages')!.attempts).toHaveLength(1)
  })
})

async function colourAt(path: string, t: number): Promise<string> {
  const { stdout } = await runProgram({
    program: 'ffmpeg',
    args: [
      ...['-v', 'error', '-nostdin', '-ss', String(t / 1000), '-i', path, '-frames:v', '1', '-vf', 'scale=1:1'],
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
    ],
    timeLimitMs: 60_000,
  })
  const [red = 0, , blue = 0] = stdout
  return red > 100 ? 'red' : blue > 100 ? 'blue' : 'black'
}

/** Mean of 100 ms around a time. */
async function loudness(path: string): Promise<(t: number) => number> {
  const args = ['-v', 'error', '-nostdin', '-i', path, '-vn', '-ac', '1', '-ar', '8000', '-f', 'f32le', '-']
  const { stdout } = await runProgram({ program: 'ffmpeg', args, timeLimitMs: 60_000 })
  const samples = new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length))
  return (t) => {
    const part = samples.subarray((t - 50) * 8, (t + 50) * 8)
    return part.reduce((sum, each) => sum + Math.abs(each), 0) / part.length
  }
}
