import * as id from '../src/webm/element-ids.ts'
import { children, readFloat, readText, readUnsigned } from '../src/webm/element-tree.ts'

/** A WebM file taken apart by its sizes alone, all of which have to be known and right. */
export type SegmentWalk = {
  docType: string
  /** Level 1 elements in order, by ID and place in the Segment. */
  elements: { id: number; position: number }[]
  seeks: Map<number, number>
  durationTicks: number
  cues: { time: number; track: number; position: number }[]
  clusters: { position: number; timestamp: number; children: number[] }[]
  /** Of all TrackEntries together. */
  trackElements: Set<number>
}

export function walkSegment(file: Uint8Array): SegmentWalk {
  const [ebml, segment, ...rest] = [...children(file, 0)]
  if (ebml?.id !== id.EBML || segment?.id !== id.SEGMENT || rest.length > 0)
    throw new Error('not one EBML, one Segment')
  const walk: SegmentWalk = {
    docType: readText(find(ebml.payload, id.DOC_TYPE)!),
    elements: [],
    seeks: new Map(),
    durationTicks: 0,
    cues: [],
    clusters: [],
    trackElements: new Set(),
  }
  for (const child of children(segment.payload, 0)) {
    const position = child.whole.byteOffset - segment.payload.byteOffset
    walk.elements.push({ id: child.id, position })
    readers[child.id]?.(walk, child.payload, position)
  }
  return walk
}

const readers: Record<number, (walk: SegmentWalk, payload: Uint8Array, position: number) => void> = {
  [id.SEEK_HEAD](walk, payload) {
    for (const seek of children(payload, 0)) {
      walk.seeks.set(number(find(seek.payload, id.SEEK_ID)), number(find(seek.payload, id.SEEK_POSITION)))
    }
  },
  [id.INFO](walk, payload) {
    walk.durationTicks = readFloat(find(payload, id.DURATION)!, 0)
  },
  [id.TRACKS](walk, payload) {
    for (const entry of children(payload, 0)) {
      for (const child of children(entry.payload, 0)) {
        walk.trackElements.add(child.id)
        if (child.id === id.VIDEO) for (const video of children(child.payload, 0)) walk.trackElements.add(video.id)
      }
    }
  },
  [id.CUES](walk, payload) {
    for (const point of children(payload, 0)) {
      const positions = find(point.payload, id.CUE_TRACK_POSITIONS)!
      walk.cues.push({
        time: number(find(point.payload, id.CUE_TIME)),
        track: number(find(positions, id.CUE_TRACK)),
        position: number(find(positions, id.CUE_CLUSTER_POSITION)),
      })
    }
  },
  [id.CLUSTER](walk, payload, position) {
    const inside = [...children(payload, 0)].map((child) => child.id)
    walk.clusters.push({ position, timestamp: number(find(payload, id.TIMESTAMP)), children: inside })
  },
}

function find(payload: Uint8Array, wanted: number): Uint8Array | undefined {
  for (const child of children(payload, 0)) if (child.id === wanted) return child.payload
  return undefined
}

function number(payload: Uint8Array | undefined): number {
  return readUnsigned(payload!, 0)
}
