// What a crash may leave of a file, from the log of what was done to it. What was synced is there; of what was not, each
// write may have reached the disk or not, in any order, and of each any of its sectors.
import type { RandomSource } from '../../../drill/random-source.ts'
import { after, type Operation } from './memory-file.ts'

/** What was done to a file, from some bytes on. */
export type Run = { before: Uint8Array; operations: readonly Operation[] }

/** A file as a crash may have left it, and whether its run had come to its end by then. */
export type CrashImage = { bytes: Uint8Array; isDone: boolean; what: string }

/** The file between each two operations, as a process that was killed leaves it. */
export function* boundaryImages({ before, operations }: Run): Generator<CrashImage> {
  let bytes = before
  yield { bytes, isDone: operations.length === 0, what: 'before the first operation' }
  for (const [index, operation] of operations.entries()) {
    bytes = after(bytes, operation)
    yield { bytes, isDone: index + 1 === operations.length, what: `after operation ${index} (${operation.kind})` }
  }
}

/** The file within each write. @param step every so many bytes; writes of at most 136 bytes are cut at every one */
export function* cutImages({ before, operations }: Run, step: number): Generator<CrashImage> {
  let bytes = before
  for (const [index, operation] of operations.entries()) {
    if (operation.kind === 'write') {
      const { length } = operation.bytes
      for (let cut = 1; cut < length; cut += length <= 136 ? 1 : step) {
        const part = { ...operation, bytes: operation.bytes.subarray(0, cut) }
        yield { bytes: after(bytes, part), isDone: false, what: `byte ${cut} of write ${index} of ${length} bytes` }
      }
    }
    bytes = after(bytes, operation)
  }
}

/** One way in which a loss of power may leave the file: at any instant, any sectors of any writes since the last sync. */
export function tornImage({ before, operations }: Run, random: RandomSource): CrashImage {
  const instant = random.pick([
    ...operations.flatMap(({ kind }, at) => (kind === 'sync' ? [] : [at + 1])),
    operations.length,
  ])
  const settled = operations.slice(0, instant).findLastIndex(({ kind }) => kind === 'sync') + 1
  let bytes = before
  for (const operation of operations.slice(0, settled)) bytes = after(bytes, operation)
  const pending = operations.slice(settled, instant)
  const sector = random.pick([512, 4096])
  const share = random.pick([0.05, 0.3, 0.5, 0.7, 0.95])
  const unit = random.pick(['sector', 'write'])
  const least = bytes.length
  let most = least
  for (const operation of pending) {
    if (operation.kind === 'truncate') {
      if (random.chance(0.5)) bytes = after(bytes, operation)
      continue
    }
    if (operation.kind !== 'write') continue
    most = Math.max(most, operation.offset + operation.bytes.length)
    const isThere = random.chance(share)
    for (const piece of sectorsOf(operation, sector)) {
      if (unit === 'write' ? isThere : random.chance(share)) bytes = after(bytes, piece)
    }
  }
  bytes = after(bytes, { kind: 'truncate', size: sizeAfter(bytes.length, least, most, random) })
  const what = `${unit}s of ${sector}, ${share} of those between operations ${settled} and ${instant}`
  return { bytes, isDone: instant === operations.length, what }
}

/** A file system writes a file's length apart from its bytes: it may tell more than came, or less. */
function sizeAfter(size: number, least: number, most: number, random: RandomSource): number {
  if (size < least || most === least) return size
  return random.pick([size, size, most, random.integer(least, most)])
}

/** Sectors are of the file: file systems place files at sectors of the disk. */
function sectorsOf({ offset, bytes }: Extract<Operation, { kind: 'write' }>, sector: number): Operation[] {
  const pieces: Operation[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + sector - ((offset + at) % sector))
    pieces.push({ kind: 'write', offset: offset + at, bytes: bytes.subarray(at, end) })
    at = end
  }
  return pieces
}
