import type { ByteWindow } from './byte-window.ts'
import { WINDOW_BYTES } from './byte-window.ts'
import type { Walk } from './walk.ts'

/** RFC 9639 §9.1. */
export type FrameHead = {
  sync: string
  variable: boolean
  /** Of the frame, or of its first sample where block sizes vary. */
  number: number
  blockSize: number
  rate: number
  channels: number
  /** How channels were made of each other: 8 left/side, 9 side/right, 10 mid/side; less: independent. */
  assignment: number
  bits: number
  /** Of the header, with its CRC. */
  bytes: number
}

const sampleBits = [0, 8, 12, -1, 16, 20, 24, 32]

/** @returns null where no frame begins: the sync code, reserved bits or the CRC-8 say so */
export function* readFrameHead(window: ByteWindow, at: number, streamBits: number): Walk<FrameHead | null> {
  const here = yield* window.most(at, 16)
  if (here < 6 || window.u8(at) !== 0xff || (window.u8(at + 1) & 0xfe) !== 0xf8) return null
  const sizeCode = window.u8(at + 2) >> 4
  const rateCode = window.u8(at + 2) & 15
  const assignment = window.u8(at + 3) >> 4
  const bits = sampleBits[(window.u8(at + 3) >> 1) & 7]!
  if (sizeCode === 0 || rateCode === 15 || assignment > 10 || bits < 0 || (window.u8(at + 3) & 1) !== 0) return null
  const lead = window.u8(at + 4)
  const numberBytes = lead < 0x80 ? 1 : Math.clz32(~lead << 24)
  const sizeBytes = sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0
  const rateBytes = rateCode === 12 ? 1 : rateCode >= 13 ? 2 : 0
  const bytes = 4 + numberBytes + sizeBytes + rateBytes + 1
  if (numberBytes > 7 || (numberBytes === 1 && lead >= 0x80) || here < bytes) return null
  let number = numberBytes === 1 ? lead : lead & (0x7f >> numberBytes)
  for (let index = 1; index < numberBytes; index++) {
    const byte = window.u8(at + 4 + index)
    if ((byte & 0xc0) !== 0x80) return null
    number = number * 64 + (byte & 63)
  }
  if (crc8(window, at, bytes - 1) !== window.u8(at + bytes - 1)) return null
  const sizeAt = at + 4 + numberBytes
  const blockSize =
    sizeCode === 1
      ? 192
      : sizeCode <= 5
        ? 144 << sizeCode
        : sizeCode === 6
          ? window.u8(sizeAt) + 1
          : sizeCode === 7
            ? window.u16(sizeAt) + 1
            : 1 << sizeCode
  return {
    sync: String.fromCharCode(0xff, window.u8(at + 1)),
    variable: (window.u8(at + 1) & 1) === 1,
    number,
    blockSize,
    rate: rateCode,
    channels: assignment < 8 ? assignment + 1 : 2,
    assignment,
    bits: bits === 0 ? streamBits : bits,
    bytes,
  }
}

function crc8(window: ByteWindow, at: number, length: number): number {
  let crc = 0
  for (let index = 0; index < length; index++) {
    crc ^= window.u8(at + index)
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x80 ? 7 : 0)) & 0xff
  }
  return crc
}

class BitReader {
  #bit: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes
    this.#bit = from * 8
  }

  /** Past the end everything is zero, so that whoever reads must ask {@link over}. */
  read(count: number): number {
    let value = 0
    for (let left = count; left > 0; ) {
      const free = 8 - (this.#bit & 7)
      const take = Math.min(free, left)
      const byte = this.#bytes[this.#bit >> 3] ?? 0
      value = value * 2 ** take + ((byte >> (free - take)) & ((1 << take) - 1))
      this.#bit += take
      left -= take
    }
    return value
  }
  skip(count: number): void {
    this.#bit += count
  }
  /** Zero bits before the next one bit. */
  unary(): number {
    let zeros = 0
    while (!this.over && this.read(1) === 0) zeros++
    return zeros
  }
  get over(): boolean {
    return this.#bit > this.#bytes.length * 8
  }
  get byte(): number {
    return (this.#bit + 7) >> 3
  }
}

/** Reads a frame's subframes for their lengths alone. @returns where it ends; null where it is cut or its CRC-16 is wrong */
export function* frameEnd(window: ByteWindow, at: number, head: FrameHead): Walk<number | null> {
  // 8 channels of 65,535 samples of 32 bits would be 2 MB; what no window holds is no frame that anybody makes.
  const here = yield* window.most(at, Math.min(WINDOW_BYTES, 64 + head.channels * head.blockSize * 5))
  const bytes = window.bytes.subarray(at - window.start, at - window.start + here)
  const reader = new BitReader(bytes, head.bytes)
  for (let channel = 0; channel < head.channels; channel++) {
    const side =
      (head.assignment === 8 && channel === 1) ||
      (head.assignment === 9 && channel === 0) ||
      (head.assignment === 10 && channel === 1)
    if (!skipSubframe(reader, head.blockSize, head.bits + (side ? 1 : 0))) return null
  }
  const end = reader.byte
  if (end + 2 > here || crc16(bytes, end) !== bytes[end]! * 256 + bytes[end + 1]!) return null
  return at + end + 2
}

/** RFC 9639 §9.2. */
function skipSubframe(reader: BitReader, blockSize: number, frameBits: number): boolean {
  if (reader.read(1) !== 0) return false
  const type = reader.read(6)
  const bits = frameBits - (reader.read(1) === 1 ? reader.unary() + 1 : 0)
  if (bits <= 0 || reader.over) return false
  if (type === 0) reader.skip(bits)
  else if (type === 1) reader.skip(bits * blockSize)
  else if (type >= 8 && type <= 12) {
    reader.skip(bits * (type - 8))
    return skipResidual(reader, blockSize, type - 8)
  } else if (type >= 32) {
    const order = type - 31
    reader.skip(bits * order)
    const precision = reader.read(4) + 1
    if (precision === 16) return false
    reader.skip(5 + precision * order)
    return skipResidual(reader, blockSize, order)
  } else return false
  return !reader.over
}

/** §9.2.7: Rice codes in partitions. */
function skipResidual(reader: BitReader, blockSize: number, order: number): boolean {
  const method = reader.read(2)
  if (method > 1) return false
  const parameterBits = method === 0 ? 4 : 5
  const partitions = 1 << reader.read(4)
  for (let partition = 0; partition < partitions; partition++) {
    const samples = Math.floor(blockSize / partitions) - (partition === 0 ? order : 0)
    if (samples < 0 || reader.over) return false
    const parameter = reader.read(parameterBits)
    if (parameter === (1 << parameterBits) - 1) reader.skip(reader.read(5) * samples)
    else {
      for (let sample = 0; sample < samples; sample++) {
        reader.unary()
        reader.skip(parameter)
        if (reader.over) return false
      }
    }
  }
  return !reader.over
}

function crc16(bytes: Uint8Array, length: number): number {
  let crc = 0
  for (let index = 0; index < length; index++) {
    crc ^= bytes[index]! << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x8005 : 0)) & 0xffff
  }
  return crc
}
