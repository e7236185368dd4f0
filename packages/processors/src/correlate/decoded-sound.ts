import { type FileHandle, open } from 'node:fs/promises'
import { ConversionError } from '../conversion-error.ts'
import { KEEP_TIME } from '../ffmpeg/audio.ts'
import { runFfmpeg, THREADS } from '../ffmpeg/ffmpeg-run.ts'
import { probe } from '../ffmpeg/probe.ts'
import type { ProcessorJob } from '../processor.ts'
import { OnsetEnvelope } from './onsets.ts'
import type { Sound } from './sound-alignment.ts'

/** What is heard of rooms lies below 4 kHz, and a sample is an eighth of a millisecond. */
const sampleRate = 8000
const blockSamples = 65_536

/** Samples in a file, read where they are wanted. */
export type DecodedSound = Sound & AsyncDisposable

/**
 * Decodes the sound of a file, in the sandbox, into `samples`, an empty file of which it has the use until it is disposed of: 16 KB
 * a second.
 *
 * @throws ConversionError
 */
export async function decodeSound(
  path: string,
  samples: string,
  job: Pick<ProcessorJob, 'limits' | 'signal' | 'onProgress'>,
): Promise<DecodedSound> {
  const { open: opening, audio, durationMs } = await probe({ path }, 'sound-or-video', { ...job, onProgress: () => {} })
  if (audio === null) throw new ConversionError('input-refused', 'there is no sound in it')
  await runFfmpeg(
    {
      ...{ program: 'ffmpeg', files: { inputs: [path], outputs: [samples] }, durationMs },
      args: ({ inputs, outputs }) => [
        ...[...THREADS, ...opening, '-i', `file:${inputs[0]}`, '-map', '0:a:0', '-af', KEEP_TIME, '-ac', '1'],
        ...['-ar', String(sampleRate), '-t', String(job.limits.durationMs / 1000)],
        ...['-c:a', 'pcm_s16le', '-f', 's16le', `file:${outputs[0]}`],
      ],
    },
    job,
  )
  const file = await open(samples, 'r')
  try {
    const { size } = await file.stat()
    const length = Math.floor(size / 2)
    const envelope = new OnsetEnvelope(sampleRate)
    for (let at = 0; at < length; at += blockSamples) {
      if (job.signal.aborted) throw new ConversionError('cancelled', 'nobody waits for it any more')
      envelope.push(await readSamples(file, at, Math.min(blockSamples, length - at)))
    }
    return {
      ...{ sampleRate, length, onsets: envelope.finish() },
      read: async (from, count) => await readSamples(file, from, count),
      [Symbol.asyncDispose]: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function readSamples(file: FileHandle, from: number, count: number): Promise<Float32Array> {
  const values = new Float32Array(count)
  const skipped = Math.max(0, -from)
  if (skipped >= count) return values
  const bytes = Buffer.alloc((count - skipped) * 2)
  const { bytesRead } = await file.read(bytes, 0, bytes.length, (from + skipped) * 2)
  for (let at = 0; at < bytesRead >> 1; at++) values[skipped + at] = bytes.readInt16LE(at * 2) / 32768
  return values
}
