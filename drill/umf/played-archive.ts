// An archive that plays: pictures and sound that ffmpeg made, in front of what will be edited.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBodyIndex } from '../../packages/media/src/body-index.ts'
import { viewBytes } from '../../packages/media/test/mp4-bodies.ts'
import { encodeAnchor, head, idBytes, newArchiveId, SLOTS, UmfWriter } from '../../packages/umf/src/index.ts'
import { nodeSha256 as sha256 } from '../../packages/umf/src/node.ts'
import { videoFrames } from '../input-media.ts'
import { runProgram, type Scene } from '../scene.ts'

export type PlayedArchive = { bytes: Buffer /** One hash a picture. */; frames: string[] }

const recipe: readonly string[] = [
  ...['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:duration=2'],
  ...['-f', 'lavfi', '-i', 'sine=frequency=330:duration=2'],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '48k'],
  ...['-movflags', '+frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4'],
]

export async function playedArchive(scene: Scene): Promise<PlayedArchive> {
  const path = join(scene.folder, 'played.mp4')
  runProgram('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...recipe, path])
  const body = readFileSync(path)
  const id = newArchiveId()
  const index = openBodyIndex()
  index.push(body)
  index.finish()
  const begin = head(idBytes(id))
  const view = viewBytes(index.mp4View(begin), body)
  const pieces: Uint8Array[] = []
  const writer = new UmfWriter({ write: (piece) => void pieces.push(piece.slice()), sha256, id })
  const presentation = { name: 'main.mp4', type: 'video', contentType: 'video/mp4', durationMs: 2000 } as const
  const samplesAt = view.length - body.length
  await writer.media(presentation, view.subarray(begin.length, samplesAt), view.subarray(samplesAt))
  await writer.finish()
  const bytes = Buffer.concat(pieces)
  bytes.set(encodeAnchor(writer.anchor, sha256), SLOTS[0])
  return { bytes, frames: await videoFrames(path) }
}
