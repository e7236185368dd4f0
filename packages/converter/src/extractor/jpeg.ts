import type { ByteWindow } from './byte-window.ts'
import type { Walk, Walked } from './walk.ts'

const MOST_SEGMENTS = 1_000_000
/** How far behind a picture its film may begin (Motion Photo 1.0), and how large descriptions are. */
const MOST_GAP = 8 * 2 ** 20
const MOST_DESCRIPTION = 65536

type Picture = { width: number; height: number; film: number; pictures: number }

/**
 * JPEG (ITU T.81 Annex B), marker for marker, and what its description says lies behind it: further pictures (CIPA DC-007)
 * and a film. A file is all of them.
 */
export function* walkJpeg(window: ByteWindow, start: number): Walk<Walked | null> {
  const picture: Picture = { width: 0, height: 0, film: 0, pictures: 0 }
  const end = yield* walkMarkers(window, start, picture)
  if (end === null) return null
  const facts = { width: picture.width, height: picture.height }
  let wholeEnd = end
  if (picture.pictures > end && (yield* endsPicture(window, picture.pictures))) wholeEnd = picture.pictures
  if (picture.film === 0) return { format: 'jpeg', end: wholeEnd, facts }
  // The film's length is said, its place is not: it is the last, and boxes begin it.
  const film = yield* window.find('ftyp', wholeEnd + 4, wholeEnd + MOST_GAP)
  const filmEnd = film - 4 + picture.film
  if (film < 0 || !(yield* window.reaches(filmEnd))) return { format: 'jpeg', end: wholeEnd, facts }
  return { format: 'jpeg', end: filmEnd, facts: { ...facts, filmBytes: picture.film, pictureBytes: end - start } }
}

function* endsPicture(window: ByteWindow, end: number): Walk<boolean> {
  return (yield* window.need(end - 2, 2)) && window.u16(end - 2) === 0xffd9
}

/** @returns behind EOI; null where what follows is no JPEG */
function* walkMarkers(window: ByteWindow, start: number, picture: Picture): Walk<number | null> {
  let at = start + 2
  let scans = 0
  for (let segments = 0; segments < MOST_SEGMENTS; segments++) {
    if (!(yield* window.need(at, 2)) || window.u8(at) !== 0xff) return null
    const marker = window.u8(at + 1)
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === 0xd9) return scans > 0 ? at + 2 : null
    const standalone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)
    if (standalone) {
      at += 2
      continue
    }
    if (marker < 0xc0 || marker === 0xc8 || marker === 0xd8 || (marker >= 0xf0 && marker <= 0xfd)) return null
    if (!(yield* window.need(at, 10))) return null
    const length = window.u16(at + 2)
    if (length < 2) return null
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xcc
    if (isFrame && picture.width === 0) {
      picture.height = window.u16(at + 5)
      picture.width = window.u16(at + 7)
      if (window.u8(at + 4) > 16 || picture.width === 0) return null
    } else if (marker === 0xe1) yield* readDescription(window, at + 4, length - 2, picture)
    else if (marker === 0xe2) yield* readPictures(window, at + 4, length - 2, picture)
    at += 2 + length
    if (marker !== 0xda) continue
    if (picture.width === 0) return null
    scans++
    const next = yield* behindScan(window, at)
    if (next === null) return null
    at = next
  }
  return null
}

/** Entropy-coded data: up to a marker that is neither a stuffed byte nor a restart (B.1.1.5). */
function* behindScan(window: ByteWindow, from: number): Walk<number | null> {
  for (let at = from; ; ) {
    if (!window.has(at, 2) && (yield* window.most(at, 65536)) < 2) return null
    const found = window.bytes.indexOf(0xff, at - window.start)
    if (found < 0) {
      at = window.end
      continue
    }
    at = window.start + found
    if (at + 1 >= window.end && !(yield* window.need(at, 2))) return null
    const marker = window.u8(at + 1)
    if (marker !== 0 && marker !== 0xff && (marker < 0xd0 || marker > 0xd7)) return at
    at += marker === 0xff ? 1 : 2
  }
}

/** XMP of a motion photo: `MicroVideoOffset`, or the length of the item whose meaning is that (Container:Directory). */
function* readDescription(window: ByteWindow, at: number, length: number, picture: Picture): Walk<void> {
  if (length < 64 || length > MOST_DESCRIPTION || !(yield* window.need(at, length))) return
  if (!window.matches(at, 'http://ns.adobe.com/xap/1.0/')) return
  const xmp = window.text(at, length)
  const micro = /MicroVideoOffset="(\d{1,10})"/.exec(xmp)?.[1]
  if (micro !== undefined) picture.film = Number(micro)
  for (const item of xmp.match(/<Container:Item[^>]{0,1000}>/g) ?? []) {
    const bytes = /Item:Length="(\d{1,10})"/.exec(item)?.[1]
    if (/Item:Semantic="MotionPhoto"/.test(item) && bytes !== undefined) picture.film = Number(bytes)
  }
}

/** Multi-Picture Format: where the last of the other pictures ends (CIPA DC-007 §5.2.3.3). */
function* readPictures(window: ByteWindow, at: number, length: number, picture: Picture): Walk<void> {
  if (length < 32 || !(yield* window.need(at, length)) || !window.matches(at, 'MPF\0')) return
  const base = at + 4
  const little = window.matches(base, 'II')
  const end = at + length
  const u16 = (field: number) => (field + 2 > end ? 0 : little ? window.le16(field) : window.u16(field))
  const u32 = (field: number) => (field + 4 > end ? 0 : little ? window.le32(field) : window.u32(field))
  const directory = base + u32(base + 4)
  const entries = Math.min(u16(directory), 64)
  for (let entry = 0; entry < entries; entry++) {
    const field = directory + 2 + entry * 12
    if (u16(field) !== 0xb002) continue
    const count = Math.min(Math.floor(u32(field + 4) / 16), 256)
    const table = base + u32(field + 8)
    for (let index = 1; index < count; index++) {
      const size = u32(table + index * 16 + 4)
      const offset = u32(table + index * 16 + 8)
      if (offset > 0) picture.pictures = Math.max(picture.pictures, base + offset + size)
    }
  }
}
