import { MediaError, openBodyIndex, type SampleSink, type Track } from '@rushes/media'

/** How many bytes of a body had been made at each moment of its recording. */
export type Pacing = {
  durationMs: number
  /** Bytes that exist `ms` after the start. */
  bytesAt(ms: number): number
}

/**
 * Reads a body and notes when each of its samples was there, so that a file can be sent at the pace at which it was
 * recorded.
 *
 * @throws MediaError where the body has no samples to go by
 */
export async function readPacing(chunks: AsyncIterable<Uint8Array>): Promise<Pacing> {
  const times: number[] = []
  const ends: number[] = []
  const timescales = new Map<number, number>()
  const sink: SampleSink = {
    track: (track: Track) => void timescales.set(track.id, track.timescale),
    sample(trackId, offset, size, _dts, pts, duration) {
      const ms = ((pts + duration) / (timescales.get(trackId) ?? 1)) * 1000
      times.push(Math.max(ms, times.at(-1) ?? 0))
      ends.push(Math.max(offset + size, ends.at(-1) ?? 0))
    },
    patch() {},
    cluster() {},
  }
  const index = openBodyIndex({ sink })
  let bytes = 0
  for await (const chunk of chunks) {
    index.push(chunk)
    bytes += chunk.length
  }
  index.finish()
  if (times.length === 0) {
    throw index.damage ?? new MediaError('unsupported', 'a body without samples has no pace; use --pace fast')
  }
  return {
    durationMs: times.at(-1)!,
    bytesAt(ms) {
      if (ms >= times.at(-1)!) return bytes
      let low = 0
      let high = times.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (times[middle]! <= ms) low = middle + 1
        else high = middle
      }
      return low === 0 ? 0 : ends[low - 1]!
    },
  }
}
