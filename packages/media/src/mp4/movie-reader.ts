import type { Front } from '../front.ts'
import { MediaError } from '../media-error.ts'
import type { Track } from '../track.ts'
import { type BoxRange, boxesIn, FieldReader, findBox } from './box-reader.ts'
import type { SampleCursor } from './sample-cursor.ts'
import { openTableCursor } from './table-cursor.ts'
import { needed, readTrack } from './track-header-reader.ts'

const MOST_TRACKS = 1000

/** `trex` (ISO 14496-12 §8.8.3): what a fragment's samples have unless it says otherwise. */
export type SampleDefaults = { description: number; duration: number; size: number; flags: number }

export type MovieTrack = {
  track: Track
  defaults: SampleDefaults
  /** Samples that `moov` itself lists, or null. */
  samples: SampleCursor | null
}

/**
 * A whole `moov` box's content (ISO 14496-12 §8.2.1), of a file whose body begins with `front`.
 *
 * @throws MediaError `malformed`, `too-large`
 */
export function readMovie(bytes: Uint8Array, front: Front | null = null): MovieTrack[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const movie: BoxRange = { type: 'moov', start: 0, end: bytes.length }
  const movieTimescale = readTimescale(new FieldReader(view, needed(view, movie, 'mvhd')))
  const mvex = findBox(view, 0, bytes.length, 'mvex')
  const defaults = mvex === null ? new Map<number, SampleDefaults>() : readDefaults(view, mvex)
  const tracks = new Map<number, MovieTrack>()
  for (const trak of boxesIn(view, 0, bytes.length)) {
    if (trak.type !== 'trak') continue
    if (tracks.size >= MOST_TRACKS) throw new MediaError('too-large', `over ${MOST_TRACKS} tracks`)
    const track = readTrack(view, trak, movieTimescale)
    if (tracks.has(track.id)) throw new MediaError('malformed', `two tracks have the number ${track.id}`)
    tracks.set(track.id, {
      track: mvex === null ? track : withOpenEdit(track),
      defaults: defaults.get(track.id) ?? { description: 1, duration: 0, size: 0, flags: 0 },
      samples: openTableCursor(view, sampleTable(view, trak), track, front),
    })
  }
  return [...tracks.values()]
}

function sampleTable(view: DataView, trak: BoxRange): BoxRange {
  return needed(view, needed(view, needed(view, trak, 'mdia'), 'minf'), 'stbl')
}

/** §8.6.6.1: the edit of a fragmented movie goes on as fragments come, whatever was known when `moov` was written. */
function withOpenEdit(track: Track): Track {
  const edits = track.edits
  if (edits === null || edits.entries.filter((entry) => entry.mediaTime >= 0).length !== 1) return track
  const entries = edits.entries.map((entry) => (entry.mediaTime >= 0 ? { ...entry, duration: 0 } : entry))
  return { ...track, edits: { ...edits, entries } }
}

function readTimescale(fields: FieldReader): number {
  const { version } = fields.versionAndFlags()
  fields.skip(version === 1 ? 16 : 8)
  const timescale = fields.u32()
  if (timescale === 0) throw new MediaError('malformed', 'the movie counts 0 ticks a second')
  return timescale
}

function readDefaults(view: DataView, mvex: BoxRange): Map<number, SampleDefaults> {
  const defaults = new Map<number, SampleDefaults>()
  for (const trex of boxesIn(view, mvex.start, mvex.end)) {
    if (trex.type !== 'trex') continue
    const fields = new FieldReader(view, trex)
    fields.skip(4)
    const id = fields.u32()
    defaults.set(id, { description: fields.u32(), duration: fields.u32(), size: fields.u32(), flags: fields.u32() })
  }
  return defaults
}
