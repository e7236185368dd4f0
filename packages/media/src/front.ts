import { MediaError } from './media-error.ts'

/**
 * The range of a file that stands first in its body: whoever sends a file whose `moov` comes last sends that first, so
 * that the samples are known while they arrive. All other bytes follow in the file's order.
 */
export type Front = { offset: number; length: number }

/** Where a byte of the file lies in the body. */
export function placeInBody(front: Front | null, offset: number): number {
  if (front === null || offset >= front.offset + front.length) return offset
  return offset < front.offset ? offset + front.length : offset - front.offset
}

/** The ranges of a body, in the order in which they make the file of `size` bytes again. */
export function fileOrder(front: Front | null, size: number): { offset: number; length: number }[] {
  if (front === null) return [{ offset: 0, length: size }]
  const { offset, length } = front
  if (!(offset >= 0 && length > 0 && offset + length <= size)) {
    throw new MediaError('out-of-range', `bytes ${offset} to ${offset + length} of a file of ${size}`)
  }
  return [
    { offset: length, length: offset },
    { offset: 0, length },
    { offset: offset + length, length: size - offset - length },
  ].filter((range) => range.length > 0)
}
