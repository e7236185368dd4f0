import { close, open, read } from 'node:fs'
import { Readable } from 'node:stream'
import { applyPatches, type Extent, type Layout, sliceLayout } from '@rushes/media'

/** Large enough that a read costs little beside what it brings, small enough for thousands of viewers. */
const readBytes = 256 * 1024

/**
 * A file that lies behind others: a body with what was made of it reads as one. `hold` keeps it where it is until what it answers
 * is called: a stream does so for all of its files from its beginning to its end.
 */
export type BodyPart = { path: string; size: number; hold?(): () => void }

/**
 * Bytes `start` (inclusive) to `end` (exclusive) of a layout over a body, which is one file or several one behind the other.
 * A file is opened when the first of its bytes are asked for, and closed with the stream at the latest.
 */
export function streamLayout(layout: Layout, body: string | readonly BodyPart[], start: number, end: number): Readable {
  const parts = typeof body === 'string' ? [{ path: body, size: Number.POSITIVE_INFINITY }] : body
  return new LayoutStream(layout, parts, sliceLayout(layout, start, end))
}

/** A part that is open, and which bytes of the whole it holds. */
type OpenPart = { fd: number; start: number; end: number }

class LayoutStream extends Readable {
  readonly #layout: Layout
  readonly #parts: readonly BodyPart[]
  readonly #pieces: Extent[]
  #piece = 0
  #done = 0
  #open: OpenPart | null = null
  readonly #held: readonly (() => void)[]

  constructor(layout: Layout, parts: readonly BodyPart[], pieces: Extent[]) {
    super({ highWaterMark: 2 * readBytes })
    this.#layout = layout
    this.#parts = parts
    this.#pieces = pieces
    this.#held = touched(parts, pieces).flatMap((part) => part.hold?.() ?? [])
  }

  override _read(): void {
    const piece = this.#pieces[this.#piece]
    if (piece === undefined) {
      this.push(null)
      return
    }
    if (piece.kind === 'bytes') {
      // In parts, so that a viewer reads the first of a long header while the next is sent.
      const bytes = piece.bytes.subarray(this.#done, this.#done + readBytes)
      this.#advance(piece.bytes.length, bytes.length)
      this.push(bytes)
      return
    }
    const offset = piece.offset + this.#done
    if (this.#open !== null && offset >= this.#open.start && offset < this.#open.end) {
      this.#readBody(this.#open, piece)
      return
    }
    if (this.#open !== null) close(this.#open.fd, () => {})
    this.#open = null
    const found = partAt(this.#parts, offset)
    if (found === null) return void this.destroy(new Error('the body is shorter than its layout'))
    open(found.path, 'r', (error, fd) => {
      if (error !== null) return void this.destroy(error)
      // It was let go meanwhile: nobody else would close it.
      if (this.destroyed) return close(fd, () => {})
      this.#open = { fd, start: found.start, end: found.end }
      this.#readBody(this.#open, piece)
    })
  }

  #readBody({ fd, start, end }: OpenPart, piece: Extract<Extent, { kind: 'body' }>): void {
    const offset = piece.offset + this.#done
    const buffer = Buffer.allocUnsafeSlow(Math.min(readBytes, piece.length - this.#done, end - offset))
    read(fd, buffer, 0, buffer.length, offset - start, (error, bytesRead) => {
      if (error !== null) return void this.destroy(error)
      if (bytesRead === 0) return void this.destroy(new Error('the body is shorter than its layout'))
      const bytes = buffer.subarray(0, bytesRead)
      applyPatches(this.#layout.patches, offset, bytes)
      this.#advance(piece.length, bytesRead)
      this.push(bytes)
    })
  }

  #advance(length: number, by: number): void {
    this.#done += by
    if (this.#done < length) return
    this.#piece++
    this.#done = 0
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const open = this.#open
    this.#open = null
    for (const letGo of this.#held) letGo()
    if (open === null) done(error)
    else close(open.fd, () => done(error))
  }
}

/** Those of which something is read. */
function touched(parts: readonly BodyPart[], pieces: readonly Extent[]): BodyPart[] {
  // Mostly a body alone, which stays.
  if (parts.every(({ hold }) => hold === undefined)) return []
  let end = 0
  return parts.filter(({ size }) => {
    const start = end
    end += size
    return pieces.some((piece) => piece.kind === 'body' && piece.offset < end && piece.offset + piece.length > start)
  })
}

function partAt(parts: readonly BodyPart[], offset: number): { path: string; start: number; end: number } | null {
  let start = 0
  for (const { path, size } of parts) {
    const end = start + size
    if (offset < end) return { path, start, end }
    start = end
  }
  return null
}
