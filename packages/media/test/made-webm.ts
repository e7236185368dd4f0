/** Matroska made by hand, for what no muxer at hand writes. */
import * as id from '../src/webm/element-ids.ts'
import {
  binaryElement,
  concat,
  idBytes,
  longSizeBytes,
  masterElement,
  textElement,
  unsignedElement,
} from '../src/webm/element-writer.ts'

export function ebmlHeader(docType = 'webm', ...more: Uint8Array[]): Uint8Array {
  return masterElement(id.EBML, [textElement(id.DOC_TYPE, docType), ...more])
}

/** A master whose size is unknown, in so many bytes. */
export function unsized(element: number, sizeBytes: number, ...content: Uint8Array[]): Uint8Array {
  const size = new Uint8Array(sizeBytes).fill(0xff)
  size[0] = 0xff >> (sizeBytes - 1)
  return concat([idBytes(element), size, ...content])
}

/** A master whose size takes 8 bytes. */
export function longSized(element: number, ...content: Uint8Array[]): Uint8Array {
  const payload = concat(content)
  return concat([idBytes(element), longSizeBytes(payload.length), payload])
}

export const info: Uint8Array = masterElement(id.INFO, [unsignedElement(id.TIMESTAMP_SCALE, 1_000_000)])

export function videoEntry(number: number, codecId = 'V_VP8', ...more: Uint8Array[]): Uint8Array {
  const size = [unsignedElement(id.PIXEL_WIDTH, 160), unsignedElement(id.PIXEL_HEIGHT, 90)]
  return masterElement(id.TRACK_ENTRY, [
    unsignedElement(id.TRACK_NUMBER, number),
    unsignedElement(id.TRACK_TYPE, 1),
    textElement(id.CODEC_ID, codecId),
    masterElement(id.VIDEO, size),
    ...more,
  ])
}

export function audioEntry(number: number, codecId = 'A_OPUS', ...more: Uint8Array[]): Uint8Array {
  return masterElement(id.TRACK_ENTRY, [
    unsignedElement(id.TRACK_NUMBER, number),
    unsignedElement(id.TRACK_TYPE, 2),
    textElement(id.CODEC_ID, codecId),
    ...more,
  ])
}

export function tracks(...entries: Uint8Array[]): Uint8Array {
  return masterElement(id.TRACKS, entries)
}

export function timestamp(ticks: number): Uint8Array {
  return unsignedElement(id.TIMESTAMP, ticks)
}

/** Payload of a SimpleBlock or Block: track, relative time, flags, then lace sizes and frames as given. */
export function blockBytes(track: number, time: number, flags: number, ...content: Uint8Array[]): Uint8Array {
  const number = track < 127 ? [0x80 | track] : [0x40 | (track >> 8), track & 255]
  return concat([Uint8Array.from([...number, (time >> 8) & 255, time & 255, flags]), ...content])
}

export function simpleBlock(track: number, time: number, flags: number, ...content: Uint8Array[]): Uint8Array {
  return binaryElement(id.SIMPLE_BLOCK, blockBytes(track, time, flags, ...content))
}

export function blockGroup(block: Uint8Array, ...more: Uint8Array[]): Uint8Array {
  return masterElement(id.BLOCK_GROUP, [binaryElement(id.BLOCK, block), ...more])
}

/** A frame of so many bytes that begins like `head`. */
export function frame(bytes: number, ...head: number[]): Uint8Array {
  const content = new Uint8Array(bytes).fill(0xaa)
  content.set(head)
  return content
}

export const KEY = 0x80
export const XIPH = 0x02
export const FIXED = 0x04
export const EBML_LACE = 0x06

export function cluster(...content: Uint8Array[]): Uint8Array {
  return masterElement(id.CLUSTER, content)
}

export function segment(...content: Uint8Array[]): Uint8Array {
  return longSized(id.SEGMENT, ...content)
}

/** Info and Tracks. */
export function head(...entries: Uint8Array[]): Uint8Array[] {
  return [info, tracks(...entries)]
}

/** A key frame of track 1. */
export function key(time: number): Uint8Array {
  return simpleBlock(1, time, KEY, frame(20))
}
