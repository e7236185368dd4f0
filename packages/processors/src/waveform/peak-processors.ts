import { stat, writeFile } from 'node:fs/promises'
import { ConversionError } from '../conversion-error.ts'
import { KEEP_TIME } from '../ffmpeg/audio.ts'
import { runFfmpeg, THREADS } from '../ffmpeg/ffmpeg-run.ts'
import { probe } from '../ffmpeg/probe.ts'
import { readStart } from '../module-processor.ts'
import { type Processor, throwIfCancelled } from '../processor.ts'
import { PeakBuilder } from './peaks.ts'
import { readWavFormat, wavSamples } from './wav-samples.ts'

const wavStartBytes = 65_536

/** Of WAV files, where there need be no program. */
export const wavPeaksProcessor: Processor = {
  name: 'wav-peaks',
  async convert({ inputs, output, parameters, signal, onProgress }) {
    const { path } = inputs[0]!
    const format = readWavFormat(await readStart(path, wavStartBytes), (await stat(path)).size)
    const builder = new PeakBuilder(format.sampleRate, format.channels, parameters.samplesPerPixel)
    const all = (format.dataLength / format.bits) * 8
    let done = 0
    try {
      for await (const samples of wavSamples(path, format, signal)) {
        builder.push(samples)
        done += samples.length
        onProgress(done / all)
      }
    } catch (error) {
      throwIfCancelled(signal)
      throw error
    }
    await writeFile(output, JSON.stringify(builder.finish()))
  },
}

/** Of whatever has a sound: its samples come through a pipe, and lie nowhere. */
export const ffmpegPeaksProcessor: Processor = {
  name: 'ffmpeg-peaks',
  async convert(job) {
    const [input] = job.inputs
    const { open, audio, durationMs } = await probe(input!, 'sound-or-video', job)
    if (audio === null) throw new ConversionError('input-refused', 'there is no sound in it')
    const channels = Math.min(2, audio.channels)
    const builder = new PeakBuilder(audio.sampleRate, channels, job.parameters.samplesPerPixel)
    let rest: Buffer = Buffer.alloc(0)
    await runFfmpeg(
      {
        ...{ program: 'ffmpeg', files: { inputs: [input!.path], outputs: [] }, durationMs },
        args: ({ inputs }) => [
          ...[...THREADS, ...open, '-i', `file:${inputs[0]}`, '-map', '0:a:0', '-af', KEEP_TIME],
          ...['-ac', String(channels), '-ar', String(audio.sampleRate), '-t', String(job.limits.durationMs / 1000)],
          ...['-c:a', 'pcm_s16le', '-f', 's16le', 'pipe:1'],
        ],
        onOutput(chunk) {
          const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
          const usable = bytes.length - (bytes.length % (2 * channels))
          const samples = new Int16Array(usable / 2)
          for (let index = 0; index < samples.length; index++) samples[index] = bytes.readInt16LE(index * 2)
          builder.push(samples)
          rest = bytes.subarray(usable)
        },
      },
      job,
    )
    await writeFile(job.output, JSON.stringify(builder.finish()))
  },
}
