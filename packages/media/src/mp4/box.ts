/**
 * A box that is being built: its bytes in order, in as many pieces as they come from, so that sample tables of several
 * megabytes are never copied into their parents.
 */
export type Box = { readonly size: number; readonly pieces: readonly Uint8Array[] }

/** A box (ISO 14496-12 §4.2) of a fourcc and its content; null content is left out. */
export function box(fourcc: string, ...content: readonly (Uint8Array | Box | null)[]): Box {
  const pieces: Uint8Array[] = [new Uint8Array(8)]
  let size = 8
  for (const part of content) {
    if (part === null) continue
    if (part instanceof Uint8Array) {
      pieces.push(part)
      size += part.length
    } else {
      for (const piece of part.pieces) pieces.push(piece)
      size += part.size
    }
  }
  pieces[0]!.set(u32(size))
  pieces[0]!.set(ascii(fourcc), 4)
  return { size, pieces }
}

/** A FullBox: version and 24 bits of flags come first. */
export function fullBox(
  fourcc: string,
  version: number,
  flags: number,
  ...content: readonly (Uint8Array | Box | null)[]
): Box {
  return box(fourcc, u32(version * 2 ** 24 + flags), ...content)
}

export function u8(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}

export function u16(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length)
  const view = new DataView(bytes.buffer)
  values.forEach((value, index) => {
    view.setUint16(2 * index, value)
  })
  return bytes
}

/** Negative values become two's complement. */
export function u32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  values.forEach((value, index) => {
    view.setUint32(4 * index, value)
  })
  return bytes
}

/** Numbers up to 2^53. */
export function u64(...values: number[]): Uint8Array {
  return u32(...values.flatMap((value) => [Math.floor(value / 2 ** 32), value % 2 ** 32]))
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 255)
}

/** UTF-8 with the terminating zero of ISO 14496-12's strings. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text.replaceAll('\0', '')}\0`)
}
