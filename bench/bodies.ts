import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bodies are kept between runs: encoding a minute takes longer than most benchmarks. */
export const bodyFolder: string = join(tmpdir(), 'rushes-bench')

export type BodyKind = 'webm' | 'mp4'

const encoders: Record<BodyKind, string[]> = {
  webm: [
    '-c:v',
    'libvpx-vp9',
    '-deadline',
    'realtime',
    '-cpu-used',
    '8',
    '-row-mt',
    '1',
    '-g',
    '100',
    '-c:a',
    'libopus',
  ],
  mp4: ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '60', '-c:a', 'aac'],
}
const muxers: Record<BodyKind, string[]> = {
  // As Chromium's recorder writes them: clusters of 300 ms and of unknown size, no Cues, no Duration.
  webm: ['-f', 'webm', '-live', '1', '-cluster_time_limit', '300'],
  // As our recorder writes them: a fragment a second, moov without samples.
  mp4: ['-f', 'mp4', '-movflags', '+empty_moov+default_base_moof', '-frag_duration', '1000000'],
}

/** A body of so many minutes at 2.5 Mbit/s, 720p30 with sound, as a recorder would have sent it. */
export function makeBody(kind: BodyKind, minutes: number): string {
  const path = join(bodyFolder, `${kind}-${minutes}min.${kind}`)
  if (existsSync(path)) return path
  mkdirSync(bodyFolder, { recursive: true })
  if (minutes === 1) {
    console.error(`encoding a minute of ${kind} …`)
    const picture = 'testsrc2=size=1280x720:rate=30,noise=alls=12:allf=t'
    run(
      [
        '-f',
        'lavfi',
        '-i',
        picture,
        '-f',
        'lavfi',
        '-i',
        'anoisesrc=amplitude=0.1',
        '-t',
        '60',
        ...encoders[kind],
        '-b:v',
        '2370k',
        '-minrate',
        '2370k',
        '-maxrate',
        '2370k',
        '-bufsize',
        '1M',
        '-b:a',
        '128k',
        '-pix_fmt',
        'yuv420p',
        ...muxers[kind],
      ],
      path,
    )
  } else {
    const minute = makeBody(kind, 1)
    console.error(`repeating it for ${minutes} minutes …`)
    run(['-stream_loop', String(minutes - 1), '-i', minute, '-c', 'copy', ...muxers[kind]], path)
  }
  return path
}

export function bytesOf(path: string): number {
  return statSync(path).size
}

function run(args: string[], path: string): void {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, `${path}.part`], { stdio: ['ignore', 'inherit', 'inherit'] })
  renameSync(`${path}.part`, path)
}
