import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const encoders = {
  // As the recorder makes it: a key frame and a fragment a second.
  mp4: '-c:v libx264 -preset ultrafast -g 30 -bf 0 -pix_fmt yuv420p -c:a aac -movflags +frag_keyframe+empty_moov+default_base_moof -f mp4',
  // As MediaRecorder makes it.
  vp8: '-c:v libvpx -deadline realtime -cpu-used 8 -g 60 -c:a libopus -live 1 -f webm',
}

/** A body of so many seconds as browsers record it. */
export async function makeLiveBody(form: keyof typeof encoders, seconds: number): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-live-body-'))
  const path = join(folder, 'body')
  const sources = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=320x180:r=30',
    '-f',
    'lavfi',
    '-i',
    'sine=r=48000',
    '-t',
    `${seconds}`,
  ]
  await run('ffmpeg', ['-v', 'error', ...sources, ...encoders[form].split(' '), path])
  const bytes = new Uint8Array(readFileSync(path))
  rmSync(folder, { recursive: true })
  return bytes
}
