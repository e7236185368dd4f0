/** Movie fragments (ISO 14496-12 §8.8), with the data of their runs one after the other behind one `mdat` header. */
import { type Box, box, fullBox, u32, u64 } from './box.ts'

/** `tfhd` flags, ISO 14496-12 §8.8.7. */
const DEFAULT_DURATION = 0x8
const DEFAULT_FLAGS = 0x20
const DEFAULT_BASE_IS_MOOF = 0x20000

/** `trun` flags, §8.8.8. */
const DATA_OFFSET = 0x1
const DURATIONS = 0x100
const SIZES = 0x200
const FLAGS = 0x400
const OFFSETS = 0x800

/** §8.8.3.1: sample_depends_on = 2 of a sync sample; 1 and sample_is_non_sync_sample of every other one. */
const SYNC_SAMPLE = 0x2000000
const OTHER_SAMPLE = 0x1010000

const MDAT = 0x6d646174

/** A sample of a fragment; `duration` and `offset` (of its presentation from its decoding) are ticks. */
export type FragmentRow = { size: number; duration: number; offset: number; sync: boolean }

/** Samples of one track that follow each other; at least one. */
export type TrackRun = {
  trackId: number
  /** Decode time of the first one, ticks. */
  start: number
  rows: readonly FragmentRow[]
}

/** `moof` and the header of the `mdat` behind it, which holds the runs' samples in their order. */
export function fragmentHead(sequenceNumber: number, runs: readonly TrackRun[]): readonly Uint8Array[] {
  // Where the data lies counts from the moof, whose size doesn't depend on it.
  const { size } = moof(sequenceNumber, runs, 8)
  const dataBytes = runs.reduce((sum, run) => sum + runBytes(run), 0)
  return [...moof(sequenceNumber, runs, size + 8).pieces, u32(dataBytes + 8, MDAT)]
}

/** Bytes of a run's samples. */
function runBytes({ rows }: TrackRun): number {
  return rows.reduce((sum, { size }) => sum + size, 0)
}

function moof(sequenceNumber: number, runs: readonly TrackRun[], dataOffset: number): Box {
  let at = dataOffset
  const trafs = runs.map((run) => {
    const fragment = traf(run, at)
    at += runBytes(run)
    return fragment
  })
  return box('moof', fullBox('mfhd', 0, 0, u32(sequenceNumber)), ...trafs)
}

function traf({ trackId, start, rows }: TrackRun, dataOffset: number): Box {
  const [first] = rows
  const isSteady = rows.every(({ duration }) => duration === first!.duration)
  const isAllSync = rows.every(({ sync }) => sync)
  const isShifted = rows.some(({ offset }) => offset !== 0)
  const header = fullBox(
    'tfhd',
    0,
    DEFAULT_BASE_IS_MOOF | (isSteady ? DEFAULT_DURATION : 0) | (isAllSync ? DEFAULT_FLAGS : 0),
    u32(trackId, ...(isSteady ? [first!.duration] : []), ...(isAllSync ? [SYNC_SAMPLE] : [])),
  )
  const flags = DATA_OFFSET | SIZES | (isSteady ? 0 : DURATIONS) | (isAllSync ? 0 : FLAGS) | (isShifted ? OFFSETS : 0)
  const fields = rows.flatMap(({ size, duration, offset, sync }) => [
    ...(isSteady ? [] : [duration]),
    size,
    ...(isAllSync ? [] : [sync ? SYNC_SAMPLE : OTHER_SAMPLE]),
    ...(isShifted ? [offset] : []),
  ])
  const run = fullBox('trun', 1, flags, u32(rows.length, dataOffset, ...fields))
  return box('traf', header, fullBox('tfdt', 1, 0, u64(start)), run)
}
