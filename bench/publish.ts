// npm run bench -- publish: from "stop" to "a viewer has the index and is reading at 90 %", whatever the length.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  ALL_FORMATS,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  FilePathTarget,
  Input,
  type InputTrack,
  Mp4OutputFormat,
  Output,
} from 'mediabunny'
import { type BodyKind, bodyFolder, bytesOf, makeBody } from './bodies.ts'
import { figure, type Spread, spread, table } from './figures.ts'
import { published, removeRecording, sendAll } from './sender.ts'
import { startServerProcess } from './server-process.ts'

const agent = new Agent({ keepAlive: true })

/** Before each wait: a live recording leaves its disk at rest, one that was sent as fast as it goes does not. */
const settleMs = 1000

export async function benchPublish(args: readonly string[]): Promise<string> {
  const kinds: BodyKind[] = args.includes('--mp4') ? ['mp4'] : args.includes('--webm') ? ['webm'] : ['webm', 'mp4']
  const minutes = args.includes('--short') ? [1, 10] : [1, 10, 60, 240]
  const trials = args.includes('--short') ? 5 : 20
  const sections: string[] = []
  for (const kind of kinds) sections.push(await benchKind(kind, minutes, trials))
  return sections.join('\n\n')
}

async function benchKind(kind: BodyKind, lengths: readonly number[], trials: number): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rushes-bench-data-'))
  const rows: string[][] = []
  try {
    for (const minutes of lengths) {
      const body = makeBody(kind, minutes)
      const { waits, moovBytes } = await ourWaits(dataDir, body, trials)
      const others = await otherWaits(kind, body, minutes >= 60 ? 3 : 5)
      const ours = waits.median
      const cell = (other: Spread) => `${figure(other.median)} (${figure(other.median / ours)}×)`
      rows.push([
        String(minutes),
        figure(bytesOf(body) / 1e6),
        figure(moovBytes / 1e3),
        `${figure(waits.median)} (${figure(waits.min)}–${figure(waits.max)})`,
        ...others.map(cell),
      ])
      console.error(`${kind} ${minutes} min: ${rows.at(-1)!.join(' | ')}`)
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
  const head = [
    'minutes',
    'body MB',
    'moov kB',
    'Rushes ms (min–max)',
    'ffmpeg +faststart ms',
    'qt-faststart ms',
    'mediabunny reserve ms',
  ]
  return `Body: ${kind === 'webm' ? 'WebM (VP9, Opus)' : 'fragmented MP4 (H.264, AAC)'}, ${trials} trials\n\n${table(head, rows)}`
}

async function ourWaits(dataDir: string, body: string, trials: number): Promise<{ waits: Spread; moovBytes: number }> {
  const server = await startServerProcess(dataDir)
  const waits: number[] = []
  let moovBytes = 0
  try {
    // One unmeasured round: a server that has just started has not compiled its code yet; a viewer's machine has.
    for (let trial = -1; trial < trials; trial++) {
      const sender = await sendAll(server.url, body)
      await sleep(settleMs)
      await readyClient(server.url)
      sender.end()
      const recording = await published(sender)
      const url = recording.mp4Url!
      const { moovEnd, size } = await readUntilMoov(url)
      await readRange(url, Math.floor(size * 0.9), 64 * 1024)
      if (trial >= 0) waits.push(performance.now() - sender.endSentAt!)
      moovBytes = moovEnd
      await removeRecording(server.url, recording.id)
    }
  } finally {
    await server.stop()
  }
  return { waits: spread(waits), moovBytes }
}

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
})()

/** The client of the wait is this process, which has just sent the whole body: its own garbage is not the server's time. */
async function readyClient(url: string): Promise<void> {
  collectGarbage()
  await readAll(`${url}/healthz`)
}

/** Reads from the start until the whole of `moov` is here, as a player does. */
function readUntilMoov(url: string): Promise<{ moovEnd: number; size: number }> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { range: 'bytes=0-' } }, (response) => {
      const size = Number(/\/(\d+)$/.exec(response.headers['content-range'] ?? '')?.[1])
      let received = 0
      let head = Buffer.alloc(0)
      let moovEnd: number | null = null
      response.on('data', (data: Buffer) => {
        received += data.length
        if (moovEnd === null) {
          head = Buffer.concat([head, data])
          moovEnd = findMoovEnd(head)
        }
        if (moovEnd !== null && received >= moovEnd) {
          response.destroy()
          resolve({ moovEnd, size })
        }
      })
      response.on('error', reject)
    }).on('error', reject)
  })
}

function findMoovEnd(head: Buffer): number | null {
  let at = 0
  while (at + 8 <= head.length) {
    const size = head.readUInt32BE(at)
    if (head.toString('latin1', at + 4, at + 8) === 'moov') return at + size
    at += size
  }
  return null
}

async function readRange(url: string, start: number, length: number): Promise<void> {
  const received = await readAll(url, { range: `bytes=${start}-${start + length - 1}` })
  if (received !== length) throw new Error(`${received} bytes of ${length}`)
}

function readAll(url: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response: IncomingMessage) => {
      let received = 0
      response.on('data', (data: Buffer) => {
        received += data.length
      })
      response.on('end', () => resolve(received))
      response.on('error', reject)
    }).on('error', reject)
  })
}

/** What others need after the stop, on the same body: ffmpeg, qt-faststart (of an MP4 with moov last), mediabunny. */
async function otherWaits(kind: BodyKind, body: string, trials: number): Promise<Spread[]> {
  const output = join(bodyFolder, 'output.mp4')
  const moovLast = join(bodyFolder, `${kind}-moov-last.mp4`)
  const times: [number[], number[], number[]] = [[], [], []]
  for (let trial = 0; trial < trials; trial++) {
    await sleep(settleMs)
    times[0].push(timed(() => ffmpeg('-i', body, '-c', 'copy', '-movflags', '+faststart', output)))
    if (trial === 0) ffmpeg('-i', body, '-c', 'copy', moovLast)
    times[1].push(timed(() => execFileSync('qt-faststart', [moovLast, output], { stdio: 'ignore' })))
  }
  for (let trial = 0; trial < Math.min(trials, 2); trial++) times[2].push(await mediabunnyReserve(body, output))
  rmSync(output, { force: true })
  rmSync(moovLast, { force: true })
  return times.map((list) => spread(list))
}

function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
}

function timed(work: () => void): number {
  const startedAt = performance.now()
  work()
  return performance.now() - startedAt
}

/** Packets copied by mediabunny into an MP4 whose moov is reserved in front, which needs their number beforehand. */
async function mediabunnyReserve(body: string, path: string): Promise<number> {
  const input = new Input({ source: new FilePathSource(body), formats: ALL_FORMATS })
  const video = (await input.getPrimaryVideoTrack())!
  const audio = (await input.getPrimaryAudioTrack())!
  const counts = { video: await countPackets(video), audio: await countPackets(audio) }
  const startedAt = performance.now()
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'reserve' }), target: new FilePathTarget(path) })
  const videoSource = new EncodedVideoPacketSource(video.codec!)
  const audioSource = new EncodedAudioPacketSource(audio.codec!)
  output.addVideoTrack(videoSource, { maximumPacketCount: counts.video })
  output.addAudioTrack(audioSource, { maximumPacketCount: counts.audio })
  await output.start()
  const videoConfig = (await video.getDecoderConfig())!
  const audioConfig = (await audio.getDecoderConfig())!
  await Promise.all([
    (async () => {
      for await (const packet of new EncodedPacketSink(video).packets()) {
        await videoSource.add(packet, { decoderConfig: videoConfig })
      }
      videoSource.close()
    })(),
    (async () => {
      for await (const packet of new EncodedPacketSink(audio).packets()) {
        await audioSource.add(packet, { decoderConfig: audioConfig })
      }
      audioSource.close()
    })(),
  ])
  await output.finalize()
  return performance.now() - startedAt
}

async function countPackets(track: InputTrack): Promise<number> {
  let count = 0
  for await (const _packet of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true }))
    count++
  return count
}
