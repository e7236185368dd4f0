import { close, open, read } from 'node:fs'
import { Readable } from 'node:stream'
import { applyPatches, type Extent, type Layout, sliceLayout } from '@rushes/media'

/** Large enough that a read costs little beside what it brings, small enough for thousands of viewers. */
const readBytes = 256 * 1024

/**
 * Bytes `start` (inclusive) to `end` (exclusive) of a layout over the body at `path`. The file is opened when the first
 * body bytes are asked for, and closed with the stream.
 */
export function streamLayout(layout: Layout, path: string, start: number, end: number): Readable {
  return new LayoutStream(layout, path, sliceLayout(layout, start, end))
}

class LayoutStream extends Readable {
  readonly #layout: Layout
  readonly #path: string
  readonly #pieces: Extent[]
  #piece = 0
  #done = 0
  #fd: number | null = null

  constructor(layout: Layout, path: string, pieces: Extent[]) {
    super({ highWaterMark: 2 * readBytes })
    this.#layout = layout
    this.#path = path
    this.#pieces = pieces
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
    if (this.#fd !== null) {
      this.#readBody(this.#fd, piece)
      return
    }
    open(this.#path, 'r', (error, fd) => {
      if (error !== null) return void this.destroy(error)
      this.#fd = fd
      this.#readBody(fd, piece)
    })
  }

  #readBody(fd: number, piece: Extract<Extent, { kind: 'body' }>): void {
    const offset = piece.offset + this.#done
    const buffer = Buffer.allocUnsafeSlow(Math.min(readBytes, piece.length - this.#done))
    read(fd, buffer, 0, buffer.length, offset, (error, bytesRead) => {
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
    const fd = this.#fd
    this.#fd = null
    if (fd === null) done(error)
    else close(fd, () => done(error))
  }
}
