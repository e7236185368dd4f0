import { MediaError, mergeInits, readInit, retrackFragment, retrackInit, startInit } from '@rushes/media'
import { DecoderError } from './decoder-error.ts'

/** The header of what is played, and how its segments fit under it. */
export type Header = {
  bytes: Uint8Array
  /** Gives a segment of representation `index` the track numbers of the header, in place. */
  fit(index: number, segment: Uint8Array): void
}

/**
 * One header of one or two representations. Encoders number tracks as they like, often all of them 1: the second's are
 * then moved out of the way. `start`: where on the event's timeline playing begins, s; players show it as 0.
 *
 * @throws DecoderError `bad-media`
 */
export function headerOf(inits: readonly Uint8Array[], start: number): Header {
  if (inits.length === 1) return { bytes: orBadMedia(() => startInit(inits[0]!, start)), fit() {} }
  return orBadMedia(() => {
    const taken = new Set<number>()
    const moved = inits.map((init) => {
      const own = readInit(init).tracks.map(({ trackId }) => trackId)
      const free = Math.max(0, ...taken, ...own) + 1
      const numbers = new Map(own.flatMap((id, at) => (taken.has(id) ? [[id, free + at] as const] : [])))
      for (const id of own) taken.add(numbers.get(id) ?? id)
      retrackInit(init, numbers)
      return numbers
    })
    return {
      bytes: startInit(mergeInits(inits), start),
      fit(index, segment) {
        const numbers = moved[index]
        if (numbers !== undefined && numbers.size > 0) orBadMedia(() => retrackFragment(segment, numbers))
      },
    }
  })
}

/** A digest says that bytes are what the encoder made, not that the encoder is sound. */
function orBadMedia<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof MediaError)) throw cause
    throw new DecoderError('bad-media', `what was delivered is no CMAF that goes into one file: ${cause.message}`, {
      cause,
    })
  }
}
