import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { promisify } from 'node:util'
import {
  type Asker,
  type ConversionParameters,
  type ConversionRequest,
  type ConverterOptions,
  type MadeFile,
  openConverter,
} from '../src/index.ts'

export type Kept = Omit<MadeFile, 'open'> & { bytes: Buffer }

/** `[content type, path, startMs]` */
export type TestSource = readonly [contentType: string, path: string, startMs?: number]

export type TestOptions = Partial<ConverterOptions<Kept, ConversionRequest>> & {
  parameters?: ConversionParameters
  asker?: Asker
}

/** Converts by the rules and programs that come with it, and answers what came out. */
export async function convert(to: string, sources: readonly TestSource[], options: TestOptions = {}): Promise<Kept> {
  const { parameters = {}, asker, ...more } = options
  const converter = openConverter<Kept>({
    keep: async ({ open, ...made }) => ({ ...made, bytes: Buffer.concat(await open().toArray()) }),
    ...more,
  })
  try {
    const given = sources.map(([contentType, path, startMs]) => {
      return { identity: path, contentType, startMs, open: () => createReadStream(path) }
    })
    return await converter.convert({ place: 'test', sources: given, to, parameters }, asker)
  } finally {
    await converter.close()
  }
}

const run = promisify(execFile)

/** What ffmpeg, outside of all this, writes to stdout. */
export async function ffmpeg(...args: string[]): Promise<Buffer> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-nostdin', ...args], {
    encoding: 'buffer',
    maxBuffer: 2 ** 28,
  })
  return stdout
}

/** Samples of one channel at 48 kHz, −1 to 1. */
export async function samplesOf(path: string): Promise<Float32Array> {
  const bytes = await ffmpeg('-i', path, '-map', '0:a:0', '-ac', '1', '-ar', '48000', '-f', 'f32le', '-')
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

export function loudness(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / Math.max(1, samples.length))
}

/** Rows of red, green, blue, of one frame. */
export async function pixelsOf(
  path: string,
  width: number,
  height: number,
  atSeconds = 0,
): Promise<(x: number, y: number) => number[]> {
  const seek = atSeconds === 0 ? [] : ['-ss', atSeconds.toFixed(3)]
  const bytes = await ffmpeg(...seek, '-i', path, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-')
  if (bytes.length !== width * height * 3) throw new Error(`${bytes.length} bytes are not ${width} × ${height}`)
  return (x, y) => [...bytes.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
}

/** Of the pictures of a video without B-frames, s. */
export async function packetTimes(path: string): Promise<number[]> {
  const fields = ['-select_streams', 'v', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0']
  const { stdout } = await run('ffprobe', ['-v', 'error', ...fields, path])
  return stdout.trim().split('\n').map(Number)
}
