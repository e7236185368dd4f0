import { createReadStream } from 'node:fs'
import { ConversionError } from '../conversion-error.ts'

export type WavFormat = {
  sampleRate: number
  channels: number
  bits: number
  isFloat: boolean
  dataOffset: number
  dataLength: number
}

/** Where the samples of a WAV file lie, from its beginning. RIFF 1991 §3; RF64 by EBU Tech 3306. */
export function readWavFormat(start: Uint8Array, fileLength: number): WavFormat {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  const name = (at: number): string => String.fromCharCode(...start.subarray(at, at + 4))
  if (start.length < 12 || !['RIFF', 'RF64'].includes(name(0)) || name(8) !== 'WAVE') throw unknown('it is no WAV file')
  let format: Omit<WavFormat, 'dataOffset' | 'dataLength'> | null = null
  for (let at = 12; at + 8 <= start.length; ) {
    const length = view.getUint32(at + 4, true)
    if (name(at) === 'fmt ' && length >= 16 && at + 8 + length <= start.length) format = formatOf(view, at + 8, length)
    if (name(at) === 'data') {
      if (format === null) throw unknown('its samples come before their format')
      // Programs that write to a pipe leave the length open: all that is there counts.
      const dataOffset = at + 8
      const isOpen = length === 0xffff_ffff || length === 0
      const rest = fileLength - dataOffset
      return { ...format, dataOffset, dataLength: isOpen ? rest : Math.min(length, rest) }
    }
    at += 8 + length + (length & 1)
  }
  throw unknown('there are no samples near its beginning')
}

function formatOf(view: DataView, at: number, length: number): Omit<WavFormat, 'dataOffset' | 'dataLength'> {
  // WAVE_FORMAT_EXTENSIBLE has the real tag at the beginning of a GUID.
  const plain = view.getUint16(at, true)
  const tag = plain === 0xfffe && length >= 40 ? view.getUint16(at + 24, true) : plain
  const channels = view.getUint16(at + 2, true)
  const sampleRate = view.getUint32(at + 4, true)
  const bits = view.getUint16(at + 14, true)
  const isKnown = tag === 1 ? [16, 24, 32].includes(bits) : tag === 3 && bits === 32
  const isAligned = view.getUint16(at + 12, true) === (channels * bits) / 8
  if (!isKnown || !isAligned || channels < 1 || channels > 64 || sampleRate < 1 || sampleRate > 768_000) {
    throw unknown(`of format ${tag} with ${bits} bits`)
  }
  return { sampleRate, channels, bits, isFloat: tag === 3 }
}

function unknown(reason: string): ConversionError {
  return new ConversionError('not-handled', `this WAV file is not read here: ${reason}`)
}

/** All samples as 16 bits, whole frames at a time. */
export async function* wavSamples(path: string, format: WavFormat, signal: AbortSignal): AsyncGenerator<Int16Array> {
  const { dataOffset, dataLength, channels, bits, isFloat } = format
  if (dataLength <= 0) return
  const bytesEach = bits / 8
  const frame = bytesEach * channels
  const stream = createReadStream(path, {
    start: dataOffset,
    end: dataOffset + dataLength - 1,
    highWaterMark: 2 ** 18,
    signal,
  })
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    const usable = bytes.length - (bytes.length % frame)
    const samples = new Int16Array(usable / bytesEach)
    for (let index = 0; index < samples.length; index++) {
      const at = index * bytesEach
      samples[index] = isFloat
        ? Math.max(-32_768, Math.min(32_767, Math.round(bytes.readFloatLE(at) * 32_768)))
        : bytes.readInt16LE(at + bytesEach - 2)
    }
    rest = bytes.subarray(usable)
    yield samples
  }
}
