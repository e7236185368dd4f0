import { intBytes } from './number-form.ts'
import type { Draw } from './seeded-draw.ts'

/** Payload of no known container, as a recorder would put it between its own records. */
export interface Media {
  readonly style: string
  /** About `size` bytes, whole frames, going on where the last ended. */
  next(size: number): Uint8Array
}

type Open = (draw: Draw) => (room: number) => Uint8Array

/** Each gives frame after frame; numbers in frames grow regularly, as those of real streams do. */
const STYLES: Record<string, Open> = {
  noise: (draw) => (room) => draw.bytes(Math.min(room, 4096)),
  mulaw: (draw) => () => {
    const loud = draw.whole(2, 40)
    return draw.bytes(160).map((byte) => (byte & 0x80) | (0x7f - (byte % loud)))
  },
  adts: (draw) => {
    const size = draw.whole(180, 420)
    return () =>
      join([0xff, 0xf1, 0x4c, 0x80 | (size >> 11), (size >> 3) & 255, ((size & 7) << 5) | 0x1f, 0xfc], draw, size)
  },
  gsm: (draw) => () => join([0xd0 | draw.whole(0, 15)], draw, 33),
  rtp: (draw) => {
    const source = draw.bytes(4)
    const step = draw.pick([160, 320, 960])
    let count = draw.whole(0, 30_000)
    let clock = draw.whole(0, 0x7000_0000)
    return () => {
      count++
      clock += step
      return join([0x80, 0, ...intBytes(count, 2, 'be'), ...intBytes(clock, 4, 'be'), ...source], draw, 12 + step / 4)
    }
  },
  pcm: (draw) => {
    let level = 0
    return () => {
      const out = new Uint8Array(256)
      for (let i = 0; i < out.length; i += 2) {
        level = Math.round(level * 0.9 + draw.whole(-700, 700))
        out.set(intBytes(level, 2, 'le'), i)
      }
      return out
    }
  },
  silence: (draw) => (room) => {
    const out = new Uint8Array(Math.min(room, draw.whole(64, 2048)))
    if (draw.chance(0.3)) out.set(draw.bytes(Math.min(16, out.length)))
    return out
  },
  base64: (draw) => () => {
    const line = btoa(String.fromCharCode(...draw.bytes(57)))
    return Uint8Array.from(`${line}\r\n`, (letter) => letter.charCodeAt(0))
  },
}

export const MEDIA_STYLES: readonly string[] = Object.keys(STYLES)

export function openMedia(draw: Draw, style: string): Media {
  const frame = STYLES[style]!(draw)
  return {
    style,
    next: (size) => {
      const frames: Uint8Array[] = []
      let left = size
      while (left > 0) {
        const one = frame(left)
        frames.push(one)
        left -= one.length
      }
      return concat(frames)
    },
  }
}

function join(head: readonly number[], draw: Draw, size: number): Uint8Array {
  const out = new Uint8Array(size)
  out.set(head)
  out.set(draw.bytes(size - head.length), head.length)
  return out
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
