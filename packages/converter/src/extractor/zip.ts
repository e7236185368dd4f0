import type { ByteWindow } from './byte-window.ts'
import { walkDeflate } from './deflate.ts'
import type { Format } from './formats.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const END64 = 0x06064b50
const LOCATOR64 = 0x07064b50
const EXTRA_DATA = 0x08064b50
const SIGNATURE = 0x05054b50
const MOST_ENTRIES = 20_000_000
/** Padding between entries, as some writers align them, is searched through this far. */
const MOST_PADDING = 65536

type Zip = {
  lastAt: number
  entries: number
  stored: number
  kind: Format | null
  names: number
  inside: Format | null
}

/** zip (APPNOTE 6.3.10) from its first entry to the end of its comment, and what office files are told by. */
export function* walkZip(window: ByteWindow, start: number): Walk<Walked | null> {
  return yield* walkEntries(window, start, () => {})
}

/** Where the headers of a zip's entries stand: they look like zips of their own. */
export function* zipHeaders(window: ByteWindow): Walk<Set<number>> {
  const headers = new Set<number>()
  yield* walkEntries(window, 0, (at) => headers.add(at))
  return headers
}

function* walkEntries(window: ByteWindow, start: number, tell: (at: number) => void): Walk<Walked | null> {
  const zip: Zip = { lastAt: start, entries: 0, stored: 0, kind: null, names: 0, inside: null }
  let at = start
  let central = -1
  for (let parts = 0; parts < MOST_ENTRIES; parts++) {
    if (!(yield* window.need(at, 22))) break
    const signature = window.le32(at)
    if (signature === LOCAL && central < 0) {
      tell(at)
      zip.lastAt = at
      const end = yield* walkEntry(window, at, zip)
      if (end === null) return cut(window, zip, start, at)
      zip.entries++
      at = end
    } else if (signature === CENTRAL && (yield* window.need(at, 46))) {
      if (central < 0) central = at
      at += 46 + window.le16(at + 28) + window.le16(at + 30) + window.le16(at + 32)
    } else if (signature === END64 && (yield* window.need(at, 12))) at += 12 + window.le64(at + 4)
    else if (signature === LOCATOR64) at += 20
    else if (signature === EXTRA_DATA) at += 8 + window.le32(at + 4)
    else if (signature === SIGNATURE) at += 6 + window.le16(at + 4)
    else if (signature === END) {
      const end = at + 22 + window.le16(at + 20)
      if (!(yield* window.reaches(end))) return cut(window, zip, start, at)
      return yield* finish(window, zip, start, central < 0 ? at : central, at, end)
    } else {
      const next = zip.entries > 0 && central < 0 ? yield* behindPadding(window, at) : -1
      if (next < 0) break
      at = next
    }
  }
  return cut(window, zip, start, at)
}

function cut(window: ByteWindow, zip: Zip, start: number, at: number): Walked | null {
  if (zip.entries === 0) return null
  const notes: FoundNote[] = [{ severity: 'warning', code: 'cut', message: 'has no end of its directory' }]
  const end = Math.max(start + 4, Math.min(at, window.size ?? at))
  // The last entry may be the one that was cut.
  const proven = Math.min(zip.lastAt + 4, end)
  return { format: formatOf(zip), end, proven, whole: false, facts: { entries: zip.entries }, notes }
}

function* finish(
  window: ByteWindow,
  zip: Zip,
  start: number,
  central: number,
  at: number,
  end: number,
): Walk<Walked | null> {
  if (!(yield* window.need(at, 22))) return null
  const said = window.le32(at + 16)
  const entries = window.le16(at + 10)
  // Nothing tells an empty one but its 22 bytes: all of them must be right.
  if (
    zip.entries === 0 &&
    (entries !== 0 || window.le64(at + 12) !== 0 || window.le32(at + 4) !== 0 || end !== at + 22)
  )
    return null
  const notes: FoundNote[] = []
  if (said !== 0xffffffff && said !== central - start)
    notes.push({
      severity: 'info',
      code: 'directory-elsewhere',
      message: 'its directory says another place than it has',
    })
  if (entries !== 0xffff && entries !== zip.entries % 65536)
    notes.push({
      severity: 'warning',
      code: 'entries-differ',
      message: `${zip.entries} entries, ${entries} in its directory`,
    })
  return { format: formatOf(zip), end, facts: { entries: zip.entries, stored: zip.stored }, notes }
}

function formatOf(zip: Zip): Format {
  return zip.kind ?? zip.inside ?? 'zip'
}

const odf: Record<string, Format> = { presentation: 'odp', text: 'odt', spreadsheet: 'ods' }

/** @returns behind the entry and its descriptor; null where nothing tells its end */
function* walkEntry(window: ByteWindow, at: number, zip: Zip): Walk<number | null> {
  if (!(yield* window.need(at, 30))) return null
  const version = window.le16(at + 4)
  const flags = window.le16(at + 6)
  const method = window.le16(at + 8)
  let packed = window.le32(at + 18)
  const size = window.le32(at + 22)
  const nameBytes = window.le16(at + 26)
  const extraBytes = window.le16(at + 28)
  if ((version & 0xff) > 63 || method > 99 || nameBytes > 4096) return null
  if (!(yield* window.need(at, 30 + nameBytes + extraBytes))) return null
  const name = window.text(at + 30, nameBytes)
  if (name.includes('\0')) return null
  const long = packed === 0xffffffff || size === 0xffffffff
  if (long) packed = packedLength(window, at + 30 + nameBytes, extraBytes, size === 0xffffffff) ?? packed
  const data = at + 30 + nameBytes + extraBytes
  if (method === 0) zip.stored++
  yield* tellKind(window, zip, name, data, packed)
  if ((flags & 8) === 0 || packed > 0) {
    const end = data + packed
    if (!(yield* window.reaches(end))) return null
    return (flags & 8) !== 0 ? yield* behindDescriptor(window, end, packed, long) : end
  }
  // §4.4.4 bit 3: sizes stand behind the data.
  if (method === 8) {
    const deflated = yield* walkDeflate(window, data)
    return deflated === null ? null : yield* behindDescriptor(window, deflated.end, deflated.end - data, long)
  }
  for (let from = data; ; ) {
    const found = yield* window.find('PK\x07\x08', from, Number.MAX_SAFE_INTEGER)
    if (found < 0 || !(yield* window.need(found, 16))) return null
    if (window.le32(found + 8) === found - data) return yield* behindDescriptor(window, found, found - data, long)
    from = found + 1
  }
}

/** §4.5.3: sizes that need 64 bits stand in an extra field: unpacked, then packed. */
function packedLength(window: ByteWindow, at: number, bytes: number, unpackedToo: boolean): number | null {
  for (let field = at; field + 4 <= at + bytes; field += 4 + window.le16(field + 2)) {
    const size = window.le16(field + 2)
    if (window.le16(field) !== 1 || field + 4 + size > at + bytes) continue
    const value = field + 4 + (unpackedToo ? 8 : 0)
    return value + 8 <= field + 4 + size ? window.le64(value) : null
  }
  return null
}

/** §4.3.9: with or without its signature, sizes of 4 or 8 bytes. */
function* behindDescriptor(window: ByteWindow, at: number, packed: number, long: boolean): Walk<number | null> {
  if ((yield* window.most(at, 28)) < 12) return null
  const begin = window.le32(at) === 0x08074b50 ? 8 : 4
  for (const width of long ? [8, 4] : [4, 8]) {
    const bytes = begin + 2 * width
    if (!(yield* window.need(at, bytes))) continue
    const said = width === 8 ? window.le64(at + begin) : window.le32(at + begin)
    if (said === packed % 2 ** (8 * width)) return at + bytes
  }
  return null
}

function* behindPadding(window: ByteWindow, at: number): Walk<number> {
  const local = yield* window.find('PK\x03\x04', at, at + MOST_PADDING)
  const central = yield* window.find('PK\x01\x02', at, local < 0 ? at + MOST_PADDING : local)
  const next = central >= 0 ? central : local
  if (next < 0) return -1
  // Padding is zeros; other bytes are another file.
  if (!(yield* window.need(at, next - at))) return -1
  for (let index = at; index < next; index++) if (window.u8(index) !== 0) return -1
  return next
}

function* tellKind(window: ByteWindow, zip: Zip, name: string, data: number, packed: number): Walk<void> {
  if (zip.kind !== null || zip.names++ > 10_000) return
  if (zip.entries === 0 && name === 'mimetype' && packed < 128 && (yield* window.need(data, packed))) {
    const type = window.text(data, packed)
    if (type.startsWith('application/epub+zip')) zip.kind = 'epub'
    const document = /^application\/vnd\.oasis\.opendocument\.([a-z]+)/.exec(type)?.[1]
    if (document !== undefined) zip.kind = odf[document] ?? 'odf'
  } else if (/^\[content_types\]\.xml$/i.test(name)) zip.inside = zip.inside ?? 'zip'
  else if (/^ppt\/presentation\.xml$/i.test(name)) zip.inside = 'pptx'
  else if (/^word\/document\.xml$/i.test(name)) zip.inside = 'docx'
  else if (/^xl\/workbook\.xml$/i.test(name)) zip.inside = 'xlsx'
}
