import { readFile } from 'node:fs/promises'
import { madeByFfmpeg } from '../../media/test/made-media.ts'

const encoders = {
  // As the recorder makes it: a key frame and a fragment a second.
  mp4: '-c:v libx264 -preset ultrafast -g 30 -bf 0 -pix_fmt yuv420p -c:a aac -movflags +frag_keyframe+empty_moov+default_base_moof -f mp4',
  // As MediaRecorder makes it.
  vp8: '-c:v libvpx -deadline realtime -cpu-used 8 -g 60 -c:a libopus -live 1 -f webm',
}

/** A body of so many seconds as browsers record it. */
export async function makeLiveBody(form: keyof typeof encoders, seconds: number): Promise<Uint8Array> {
  const sources = '-f lavfi -i testsrc2=s=320x180:r=30 -f lavfi -i sine=r=48000'
  const args = `${sources} -t ${seconds} ${encoders[form]}`.split(' ')
  return new Uint8Array(await readFile(await madeByFfmpeg(form === 'mp4' ? 'mp4' : 'webm', args)))
}
