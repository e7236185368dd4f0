// Boxes of any ISO base media file (ISO/IEC 14496-12 §4.2), read by their headers alone.
import type { Source } from '@rushes/umf'
import type { BoxEntry, BoxTree } from './inspection.ts'

export type BoxTreeOptions = {
  /** Listed at most. */
  most: number
  /** Asked for at once; more where every question goes over a network. */
  windowBytes: number
}

/** Boxes that hold boxes, and how many bytes of their payload come before those. */
const containers = new Map([
  ...'moov trak mdia minf dinf stbl edts udta mvex moof traf mfra iprp ipco sinf schi tref'
    .split(' ')
    .map((type): [string, number] => [type, 0]),
  ['meta', 4],
  ['umfi', 4],
  ['stsd', 8],
  ['dref', 8],
])
const deepest = 12

/** The boxes of a file, those within others too. @throws UmfError `source` */
export async function readBoxTree(source: Source, { most, windowBytes }: BoxTreeOptions): Promise<BoxTree> {
  const boxes: BoxEntry[] = []
  let isCut = false
  let window = { start: 0, bytes: new Uint8Array(0) }

  async function header(at: number, limit: number, depth: number): Promise<BoxEntry | null> {
    const wanted = Math.min(16, limit - at)
    if (wanted < 8) return null
    if (at < window.start || at + wanted > window.start + window.bytes.length) {
      const bytes = await source.read(at, Math.min(windowBytes, source.size - at))
      window = { start: at, bytes: bytes as Uint8Array<ArrayBuffer> }
    }
    const view = new DataView(window.bytes.buffer, window.bytes.byteOffset + at - window.start, wanted)
    const type = String.fromCharCode(view.getUint8(4), view.getUint8(5), view.getUint8(6), view.getUint8(7))
    const short = view.getUint32(0)
    if (short === 1 && wanted < 16) return null
    const headerSize = short === 1 ? 16 : 8
    // A size of 0 means up to the end of the file (§4.2), which can only be the last box of all.
    const size = short === 0 && depth === 0 ? limit - at : short === 1 ? Number(view.getBigUint64(8)) : short
    return size < headerSize || at + size > limit ? null : { type, offset: at, size, headerSize, depth }
  }

  /** @returns where the last whole box ends */
  async function walk(from: number, to: number, depth: number): Promise<number> {
    let at = from
    while (at < to) {
      const box = await header(at, to, depth)
      if (box === null) return at
      if (boxes.length === most) {
        isCut = true
        return at
      }
      boxes.push(box)
      const before = containers.get(box.type)
      if (before !== undefined && depth < deepest && box.size > box.headerSize + before)
        await walk(at + box.headerSize + before, at + box.size, depth + 1)
      at += box.size
    }
    return at
  }

  const end = await walk(0, source.size, 0)
  return { boxes, end, isCut }
}
