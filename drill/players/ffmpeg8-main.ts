// node ffmpeg8-main.ts LIBRARY [FILE [SECONDS]]: what FFmpeg's libraries make of a file, as JSON; with SECONDS the first picture
// from there on.
import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import type { ShownPicture } from './player.ts'

export type Decoded = { version: string; pictures: ShownPicture[]; sound: string[]; about: string }

type Rational = { num: number; den: number }
type Frame = { pts: bigint; nbSamples: number; toBuffer(): Buffer; [Symbol.dispose](): void }
type Packet = { streamIndex: number; [Symbol.dispose](): void }
type Stream = {
  index: number
  timeBase: Rational
  duration: bigint
  codecpar: { codecType: number; codecId: number; width: number; height: number; sampleRate: number }
}
type Demuxer = AsyncDisposable & {
  readonly streams: Stream[]
  readonly duration: number
  seek(seconds: number, streamIndex: number, flags: number): Promise<number>
  packets(index?: number): AsyncIterable<Packet | null>
}
type Decoder = Disposable & { frames(packet: Packet | null): AsyncIterable<Frame | null> }
/** What of node-av is used here. */
type Library = {
  Demuxer: { open(path: string): Promise<Demuxer> }
  Decoder: { create(stream: Stream): Promise<Decoder> }
  Log: { setLevel(level: number): void }
  getFFmpegInfo(): { version: string }
}

const warnings = 24
const videoType = 0
/** AVSEEK_FLAG_BACKWARD: to the key frame before. */
const backward = 1

const [library, path, from] = process.argv.slice(2) as [string, string?, string?]
const { Demuxer, Decoder, Log, getFFmpegInfo } = (await import(pathToFileURL(library).href)) as Library
Log.setLevel(warnings)
const answer: Decoded = { version: getFFmpegInfo().version, pictures: [], sound: [], about: '' }
if (path !== undefined) await decode(path, from === undefined ? null : Number(from))
process.stdout.write(JSON.stringify(answer))

async function decode(file: string, start: number | null): Promise<void> {
  await using input = await Demuxer.open(file)
  const about = input.streams.map(({ index, duration, timeBase, codecpar }) => {
    const { codecType, codecId, width, height, sampleRate } = codecpar
    return [index, Number(duration), timeBase.den, codecType, codecId, width, height, sampleRate]
  })
  answer.about = JSON.stringify([input.duration, about])
  for (const stream of input.streams) {
    if (start !== null && stream.codecpar.codecType !== videoType) continue
    await decodeStream(file, stream.index, start)
  }
}

/** Each stream in a reading of its own. */
async function decodeStream(file: string, index: number, start: number | null): Promise<void> {
  await using input = await Demuxer.open(file)
  const stream = input.streams[index]!
  if (start !== null) await input.seek(start, -1, backward)
  using decoder = await Decoder.create(stream)
  for await (using packet of input.packets(index)) {
    for await (using frame of decoder.frames(packet)) {
      if (frame === null) continue
      const time = (Number(frame.pts) * stream.timeBase.num) / stream.timeBase.den
      if (start !== null && time < start) continue
      const hash = createHash('md5').update(frame.toBuffer()).digest('hex')
      if (stream.codecpar.codecType === videoType) answer.pictures.push({ time, hash })
      else answer.sound.push(`${index} ${time} ${frame.nbSamples} ${hash}`)
      if (start !== null) return
    }
  }
}
