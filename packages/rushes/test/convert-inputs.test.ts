import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSmallMeeting, smallMeetingEvents } from '../../converter/test/small-meeting.ts'
import { runProgram } from '../../sandbox/src/index.ts'
import { endCommands, runCommand } from './command-for-tests.ts'

let folder: string
let server: Server
let site: string
let media: string
const captions = 'WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ada>Hello</v>\n\n00:01.000 --> 00:02.000\n<v Bob>Hi</v>\n'
const asked: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-inputs-'))
  await mkdir(join(folder, 'camera'))
  media = join(folder, 'camera', 'talk.mp4')
  const sources = ['-f', 'lavfi', '-i', 'testsrc=s=160x120:r=25:d=2', '-f', 'lavfi', '-i', 'sine=440:d=2']
  const args = ['-v', 'error', ...sources, '-c:v', 'libx264', '-preset', 'veryfast', '-c:a', 'aac', media]
  await runProgram({ program: 'ffmpeg', args, timeLimitMs: 60_000 })
  server = createServer((request, response) => {
    asked.push(request.url!)
    if (request.url === '/words/talk.vtt') response.end(captions)
    else if (request.url === '/away') response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end()
    else if (request.url === '/inside') response.writeHead(302, { location: 'http://localhost:1/x' }).end()
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}, 120_000)
afterAll(async () => {
  endCommands()
  server.close()
  await rm(folder, { recursive: true, force: true })
})

type Shown = {
  format: string
  durationMs: number
  resources: { name: string; type: string; startMs?: number; isPresentation?: true }[]
  events: { t: number; kind: string; data: Record<string, unknown> }[]
  error?: { code: string; message: string }
}

async function convert(...args: string[]): Promise<Shown & { status: number | null }> {
  const environment = { RUSHES_REGISTRY: join(folder, 'registry') }
  const { status, stdout } = await runCommand(['convert', ...args, '--json'], environment)
  return { status, ...(JSON.parse(stdout) as Shown) }
}

describe('several inputs in different places', () => {
  it('files, folders and URLs become one archive, with the words in step', async () => {
    await mkdir(join(folder, 'papers'))
    await writeFile(join(folder, 'papers', 'notes.txt'), 'Bring a pen.\n')
    const inputs = [media, join(folder, 'papers'), `${site}/words/talk.vtt`]
    const { status, format, durationMs, resources, events } = await convert(...inputs, '-o', join(folder, 'one.umf'))
    expect([status, format, durationMs]).toEqual([0, 'media', 2000])
    expect(resources.map(({ name, type }) => [name, type])).toEqual([
      ['talk.mp4/talk.mp4', 'video'],
      ['papers/notes.txt', 'document'],
      ['talk.vtt/talk.vtt', 'transcript'],
      ['timeline.json', 'events'],
    ])
    expect(events.map(({ t, kind, data }) => [t, kind, data['name']])).toEqual([
      [0, 'speaker', 'Ada'],
      [1000, 'speaker', 'Bob'],
    ])
  }, 120_000)

  it('of which one is a meeting of a known system keep its timeline', async () => {
    const meeting = await makeSmallMeeting(folder)
    const paper = join(folder, 'paper.txt')
    await writeFile(paper, 'More to read.\n')
    const words = join(folder, 'words.vtt')
    await writeFile(words, captions)
    const { format, resources, events } = await convert(meeting, paper, words, '-o', join(folder, 'both.umf'))
    expect(format).toBe('bigbluebutton')
    expect(resources.find(({ name }) => name === 'words.vtt/words.vtt')).toMatchObject({ type: 'captions', startMs: 0 })
    expect(events.map(({ t }) => t)).toEqual(smallMeetingEvents.map((each) => (each as [number])[0]))
    expect(resources.map(({ name }) => name)).toContain('paper.txt/paper.txt')
  }, 300_000)

  it('that can’t be fetched, or lead where nobody may go, are told, and nothing is written', async () => {
    for (const path of ['/nothing', '/away', '/inside']) {
      const output = join(folder, 'none.umf')
      const { status, error } = await convert(media, `${site}${path}`, '-o', output)
      expect([path, status, error!.code]).toEqual([path, 1, 'unreachable'])
      await expect(readFile(output)).rejects.toThrow()
    }
    expect(asked).toContain('/away')
  })
})

describe('chosen contents', () => {
  it('are left out, kept alone, or made into another form', async () => {
    const vtt = join(folder, 'words.vtt')
    await writeFile(vtt, captions)
    const only = await convert(media, vtt, '-o', join(folder, 'only.umf'), '--only', 'transcript')
    expect(only.resources.map(({ type }) => type)).toEqual(['transcript'])
    const except = await convert(media, vtt, '-o', join(folder, 'except.umf'), '--except', 'transcript,events')
    expect(except.resources.map(({ type }) => type)).toEqual(['video'])
    const as = await convert(media, vtt, '-o', join(folder, 'as.umf'), '--as', 'transcript=srt')
    expect(as.resources.map(({ name }) => name)).toContain('words.vtt/words.srt')
  }, 120_000)
})
