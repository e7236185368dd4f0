import { checkRange, type EditableFile } from '../src/source.ts'

/** What a program did to a file, in order. */
export type Operation =
  | { kind: 'write'; offset: number; bytes: Uint8Array }
  | { kind: 'truncate'; size: number }
  | { kind: 'sync' }

/** A file in memory that keeps what was done to it, so that a crash can be played at any instant of it. */
export class MemoryFile implements EditableFile {
  bytes: Uint8Array
  readonly operations: Operation[] = []

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.bytes = bytes
  }

  get size(): number {
    return this.bytes.length
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(offset, length, this.size)
    return this.bytes.slice(offset, offset + length)
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.operations.push({ kind: 'write', offset, bytes: bytes.slice() })
    this.bytes = written(this.bytes, offset, bytes)
  }

  async truncate(size: number): Promise<void> {
    this.operations.push({ kind: 'truncate', size })
    this.bytes = resized(this.bytes, size)
  }

  async sync(): Promise<void> {
    this.operations.push({ kind: 'sync' })
  }
}

/** `file` after an operation. */
export function after(file: Uint8Array, operation: Operation): Uint8Array {
  if (operation.kind === 'write') return written(file, operation.offset, operation.bytes)
  return operation.kind === 'truncate' ? resized(file, operation.size) : file
}

function written(file: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
  const next = new Uint8Array(Math.max(file.length, offset + bytes.length))
  next.set(file)
  next.set(bytes, offset)
  return next
}

function resized(file: Uint8Array, size: number): Uint8Array {
  const next = new Uint8Array(size)
  next.set(file.subarray(0, size))
  return next
}
