/** WebM that is given out piece by piece: what a player needs first, then clusters of known size (RFC 9559 §5.1). */
import type { Track } from '../track.ts'
import { isWebmCodec } from './codec-ids.ts'
import * as id from './element-ids.ts'
import {
  binaryElement,
  concat,
  floatElement,
  idBytes,
  longSizeBytes,
  masterElement,
  textElement,
  unsignedElement,
} from './element-writer.ts'

/** Ticks of a millisecond, as every browser writes and reads. */
const TIMESTAMP_SCALE = 1_000_000

/** EBML header, a Segment of unknown size, Info and Tracks; null where WebM has no such codec. */
export function webmInit(tracks: readonly Track[]): Uint8Array | null {
  if (tracks.length === 0 || !tracks.every(({ codecId }) => isWebmCodec(codecId))) return null
  return concat([
    masterElement(id.EBML, [
      unsignedElement(id.EBML_VERSION, 1),
      unsignedElement(id.EBML_READ_VERSION, 1),
      unsignedElement(id.EBML_MAX_ID_LENGTH, 4),
      unsignedElement(id.EBML_MAX_SIZE_LENGTH, 8),
      textElement(id.DOC_TYPE, 'webm'),
      unsignedElement(id.DOC_TYPE_VERSION, 4),
      unsignedElement(id.DOC_TYPE_READ_VERSION, 2),
    ]),
    idBytes(id.SEGMENT),
    // RFC 8794 §6.2: all ones.
    Uint8Array.of(1, 255, 255, 255, 255, 255, 255, 255),
    masterElement(id.INFO, [
      unsignedElement(id.TIMESTAMP_SCALE, TIMESTAMP_SCALE),
      textElement(id.MUXING_APP, 'Rushes'),
      textElement(id.WRITING_APP, 'Rushes'),
    ]),
    masterElement(id.TRACKS, tracks.map(trackEntry)),
  ])
}

function trackEntry(track: Track): Uint8Array {
  const { video, audio, codecPrivate } = track
  const parts = [
    unsignedElement(id.TRACK_NUMBER, track.id),
    unsignedElement(id.TRACK_UID, track.id),
    unsignedElement(id.TRACK_TYPE, track.kind === 'video' ? 1 : 2),
    textElement(id.CODEC_ID, track.codecId),
  ]
  if (codecPrivate !== null) parts.push(binaryElement(id.CODEC_PRIVATE, codecPrivate))
  if (track.codecDelay > 0) {
    parts.push(unsignedElement(id.CODEC_DELAY, Math.round((track.codecDelay * 1e9) / track.timescale)))
  }
  if (video !== null) {
    const size = [unsignedElement(id.PIXEL_WIDTH, video.width), unsignedElement(id.PIXEL_HEIGHT, video.height)]
    parts.push(masterElement(id.VIDEO, size))
  }
  if (audio !== null) {
    const form = [floatElement(id.SAMPLING_FREQUENCY, audio.sampleRate), unsignedElement(id.CHANNELS, audio.channels)]
    parts.push(masterElement(id.AUDIO, form))
  }
  return masterElement(id.TRACK_ENTRY, parts)
}

/** A frame; `time` in ms from the recording's beginning. */
export type ClusterFrame = { trackId: number; time: number; size: number; sync: boolean }

/** Header of a cluster, then one for each frame's SimpleBlock, in their order: each frame's bytes follow its own. */
export function clusterHeads(
  start: number,
  frames: readonly ClusterFrame[],
): { cluster: Uint8Array; blocks: Uint8Array[] } {
  const blocks = frames.map((frame) => blockHead(start, frame))
  const time = unsignedElement(id.TIMESTAMP, start)
  const size = frames.reduce((sum, frame, index) => sum + blocks[index]!.length + frame.size, time.length)
  return { cluster: concat([idBytes(id.CLUSTER), longSizeBytes(size), time]), blocks }
}

/** §5.1.3.4 and §10.2: track number, time from the cluster's in 16 bits, flags. */
function blockHead(start: number, { trackId, time, size, sync }: ClusterFrame): Uint8Array {
  // Chromium takes numbers of one byte alone; live tracks are numbered from 1.
  const head = Uint8Array.of(0x80 + trackId, 0, 0, sync ? 0x80 : 0)
  new DataView(head.buffer).setInt16(1, Math.max(-32768, Math.min(32767, time - start)))
  return concat([idBytes(id.SIMPLE_BLOCK), longSizeBytes(size + head.length), head])
}
