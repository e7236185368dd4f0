import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { FaultContext } from '../fault.ts'
import { videoFrames } from '../input-media.ts'

export type MoovLastFile = { path: string; size: number; sha256: string; frames: string[] }

/** A few seconds of pictures, then so many bytes that nobody plays, then `moov`: as long as the drill wants it. */
export async function makeMoovLastFile({ scene, random }: FaultContext, megabytes: number): Promise<MoovLastFile> {
  const clip = join(scene.folder, 'clip.mp4')
  const input = '-f lavfi -i testsrc2=size=320x180:rate=25:duration=4 -f lavfi -i sine=duration=4'
  const args = `-v error -y ${input} -c:v libx264 -preset ultrafast -c:a aac ${clip}`
  await promisify(execFile)('ffmpeg', args.split(' '))
  const bytes = await readFile(clip)
  const moov = bytes.lastIndexOf('moov') - 4
  const path = join(scene.folder, 'file.mp4')
  const hash = createHash('sha256')
  const file = await open(path, 'w')
  const write = async (part: Uint8Array): Promise<void> => {
    hash.update(part)
    await file.write(part)
  }
  await write(bytes.subarray(0, moov))
  const header = Buffer.alloc(8)
  header.writeUInt32BE(8 + megabytes * 2 ** 20)
  header.write('free', 4)
  await write(header)
  const noise = random.bytes(2 ** 20)
  for (let count = 0; count < megabytes; count++) {
    noise.writeUInt32BE(count)
    await write(noise)
  }
  await write(bytes.subarray(moov))
  const { size } = await file.stat()
  await file.close()
  return { path, size, sha256: hash.digest('hex'), frames: await videoFrames(clip) }
}
