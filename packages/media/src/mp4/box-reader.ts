import { MediaError } from '../media-error.ts'

/** Where a box inside of bytes that are all there lies: `start` and `end` of its content. */
export type BoxRange = { type: string; start: number; end: number }

/** No box has as many children; one that does is there to be walked for ever. */
const MOST_CHILDREN = 20_000

/**
 * The boxes between `start` and `end`, one level deep: nothing here calls itself, so no nesting is too deep.
 * Fewer than 8 bytes left over are passed over, as QuickTime's writers leave a zero word there.
 *
 * @throws MediaError `malformed` at a box that is shorter than its header or longer than what holds it; `too-large`
 */
export function* boxesIn(view: DataView, start: number, end: number): Generator<BoxRange> {
  let count = 0
  for (let at = start; at + 8 <= end; ) {
    if (++count > MOST_CHILDREN) throw new MediaError('too-large', `over ${MOST_CHILDREN} boxes side by side`)
    const size = sizeAt(view, at, end)
    const header = view.getUint32(at) === 1 ? 16 : 8
    yield { type: fourccAt(view, at + 4), start: at + header, end: at + size }
    at += size
  }
}

/** The first box of this type, or null. @throws MediaError as {@link boxesIn} */
export function findBox(view: DataView, start: number, end: number, type: string): BoxRange | null {
  const wanted = codeOf(type)
  let count = 0
  for (let at = start; at + 8 <= end; ) {
    if (++count > MOST_CHILDREN) throw new MediaError('too-large', `over ${MOST_CHILDREN} boxes side by side`)
    const size = sizeAt(view, at, end)
    if (view.getUint32(at + 4) === wanted)
      return { type, start: at + (view.getUint32(at) === 1 ? 16 : 8), end: at + size }
    at += size
  }
  return null
}

function sizeAt(view: DataView, at: number, end: number): number {
  const word = view.getUint32(at)
  if (word >= 8 && at + word <= end) return word
  if (word === 0) return end - at
  const size = word === 1 && at + 16 <= end ? view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12) : word
  if (size < (word === 1 ? 16 : 8) || at + size > end) {
    throw new MediaError('malformed', `box ${fourccAt(view, at + 4)} of ${size} bytes doesn't fit`)
  }
  return size
}

function codeOf(type: string): number {
  let code = 0
  for (let index = 0; index < 4; index++) code = code * 256 + type.charCodeAt(index)
  return code
}

export function fourccAt(view: DataView, at: number): string {
  const code = view.getUint32(at)
  return String.fromCharCode(code >>> 24, (code >>> 16) & 255, (code >>> 8) & 255, code & 255)
}

/** Reads fields in order and stops at the box's end. */
export class FieldReader {
  private readonly view: DataView
  private readonly end: number
  private readonly type: string
  at: number

  constructor(view: DataView, range: BoxRange) {
    this.view = view
    this.at = range.start
    this.end = range.end
    this.type = range.type
  }

  private take(bytes: number): number {
    const at = this.at
    if (at + bytes > this.end) throw new MediaError('malformed', `box ${this.type} ends in the middle of a field`)
    this.at = at + bytes
    return at
  }

  u8(): number {
    return this.view.getUint8(this.take(1))
  }
  u16(): number {
    return this.view.getUint16(this.take(2))
  }
  u32(): number {
    return this.view.getUint32(this.take(4))
  }
  i32(): number {
    return this.view.getInt32(this.take(4))
  }
  /** @throws MediaError `malformed` over 2^53, where numbers stop being exact */
  u64(): number {
    const value = this.u32() * 2 ** 32 + this.u32()
    if (!Number.isSafeInteger(value)) throw new MediaError('malformed', `box ${this.type} has a number over 53 bits`)
    return value
  }
  i64(): number {
    const value = this.i32() * 2 ** 32 + this.u32()
    if (!Number.isSafeInteger(value)) throw new MediaError('malformed', `box ${this.type} has a number over 53 bits`)
    return value
  }
  skip(bytes: number): void {
    this.take(bytes)
  }
  get left(): number {
    return this.end - this.at
  }
  /** Version and flags of a FullBox. */
  versionAndFlags(): { version: number; flags: number } {
    const word = this.u32()
    return { version: word >>> 24, flags: word & 0xffffff }
  }
  /** `count` rows of `width` bytes each must still be there. */
  expectRows(count: number, width: number): void {
    if (count * width > this.left) throw new MediaError('malformed', `box ${this.type} has fewer than ${count} rows`)
  }
}
