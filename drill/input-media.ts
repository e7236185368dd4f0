import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A recording as an encoder would make it, and what its video frames decode to. */
export type InputMedia = {
  path: string
  bytes: Buffer
  sha256: string
  /** One hash a decoded frame, in presentation order. */
  frames: string[]
}

const noise = (seconds: number, size: string): string[] => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds}`],
  ...['-f', 'lavfi', '-i', `sine=frequency=330:duration=${seconds}`],
]

const recipes: Record<string, readonly string[]> = {
  'drill-vp9.webm': [
    ...noise(12, '480x270'),
    ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '1M', '-g', '50'],
    ...['-c:a', 'libopus', '-b:a', '64k', '-live', '1', '-f', 'webm'],
  ],
  'drill-avc.mp4': [
    ...noise(12, '480x270'),
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '1M', '-g', '50', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', '-b:a', '64k', '-movflags', '+frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4'],
  ],
}

/** About 1.6 MB each: VP9 and Opus in WebM, H.264 and AAC in fragmented MP4. Made once, then kept with the temporary files. */
export async function inputMedia(): Promise<InputMedia[]> {
  const folder = join(tmpdir(), 'rushes-drill-media')
  await mkdir(folder, { recursive: true })
  return Promise.all(
    Object.entries(recipes).map(async ([name, args]) => {
      const path = join(folder, name)
      if ((await stat(path).catch(() => null)) === null) {
        const fresh = join(folder, `${process.pid}-${name}`)
        await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args, fresh])
        await rename(fresh, path)
      }
      return mediaAt(path)
    }),
  )
}

async function mediaAt(path: string): Promise<InputMedia> {
  const bytes = await readFile(path)
  return { path, bytes, sha256: sha256(bytes), frames: await videoFrames(path) }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Hashes of the decoded video frames of a file or URL. @throws Error where ffmpeg cannot read it to the end */
export async function videoFrames(source: string, key?: string): Promise<string[]> {
  const headers = key === undefined ? [] : ['-headers', `Authorization: Bearer ${key}\r\n`]
  const args = ['-v', 'error', '-nostdin', '-threads', '1', ...headers, '-i', source, '-map', '0:v']
  const { stdout } = await run(
    'ffmpeg',
    [...args, '-fps_mode', 'passthrough', '-f', 'framehash', '-hash', 'CRC32', '-'],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  )
  // stream, dts, pts, duration, size, hash: time bases differ between containers, pictures must not.
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim())
}
