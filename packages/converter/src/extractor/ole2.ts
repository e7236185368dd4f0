import type { ByteWindow } from './byte-window.ts'
import type { Format } from './formats.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

const FREE = 0xffffffff
const FAT = 0xfffffffd
const MOST_DIRECTORY_SECTORS = 64
/** 2^20 sectors of allocation tables tell of 64 GB. */
const MOST_TABLES = 2 ** 20

type Compound = { start: number; sectorBytes: number; tables: number[] }

/** OLE2 compound files (MS-CFB): header and the sectors that the allocation table says are used. */
export function* walkOle2(window: ByteWindow, start: number): Walk<Walked | null> {
  if (!(yield* window.need(start, 512))) return null
  const shift = window.le16(start + 30)
  const major = window.le16(start + 26)
  if (window.le16(start + 28) !== 0xfffe || !((shift === 9 && major === 3) || (shift === 12 && major === 4)))
    return null
  const directory = window.le32(start + 48)
  const tables = yield* readTables(window, start, 2 ** shift)
  if (tables === null) return null
  const compound: Compound = { start, sectorBytes: 2 ** shift, tables }
  const end = yield* endOf(window, compound)
  const names = yield* readDirectory(window, compound, directory)
  if (names === null) return null
  if (end === null) {
    const notes: FoundNote[] = [{ severity: 'warning', code: 'cut', message: 'its allocation table is not there' }]
    return { format: formatOf(names), end: start + 512, proven: start + 512, whole: false, notes }
  }
  const facts = { sectorBytes: compound.sectorBytes, streams: names.length }
  if (yield* window.reaches(end)) return { format: formatOf(names), end, facts }
  const notes: FoundNote[] = [{ severity: 'warning', code: 'cut', message: 'cut within its sectors' }]
  return { format: formatOf(names), end: window.size ?? end, proven: start + 512, whole: false, facts, notes }
}

function place(compound: { start: number; sectorBytes: number }, sector: number): number {
  return compound.start + (sector + 1) * compound.sectorBytes
}

/** Sectors that hold the allocation table: 109 in the header, others in a chain (§2.5). */
function* readTables(window: ByteWindow, start: number, sectorBytes: number): Walk<number[] | null> {
  const count = window.le32(start + 44)
  let next = window.le32(start + 68)
  if (count === 0 || count > MOST_TABLES) return null
  const tables: number[] = []
  for (let index = 0; index < 109 && tables.length < count; index++) tables.push(window.le32(start + 76 + index * 4))
  const perSector = sectorBytes / 4 - 1
  while (tables.length < count) {
    const at = place({ start, sectorBytes }, next)
    if (next >= 0xfffffff0 || !(yield* window.need(at, sectorBytes))) return null
    for (let index = 0; index < perSector && tables.length < count; index++) tables.push(window.le32(at + index * 4))
    next = window.le32(at + perSector * 4)
  }
  return tables.some((sector) => sector >= 0xfffffff0) ? null : tables
}

/** Behind the last sector that is used; null where a table isn't one: its own entry must say that it is. */
function* endOf(window: ByteWindow, compound: Compound): Walk<number | null> {
  const { tables, sectorBytes } = compound
  const perTable = sectorBytes / 4
  for (let table = tables.length - 1; table >= 0; table--) {
    const at = place(compound, tables[table]!)
    if (!(yield* window.need(at, sectorBytes))) return null
    for (let index = perTable - 1; index >= 0; index--) {
      if (window.le32(at + index * 4) === FREE) continue
      const last = table * perTable + index
      const first = tables[0]!
      if (first >= perTable) return place(compound, last + 1)
      if (!(yield* window.need(place(compound, tables[0]!) + first * 4, 4))) return null
      return window.le32(place(compound, tables[0]!) + first * 4) === FAT ? place(compound, last + 1) : null
    }
  }
  return null
}

/** Names in the directory; null where its first is not the root's (§2.6.2). */
function* readDirectory(window: ByteWindow, compound: Compound, first: number): Walk<string[] | null> {
  const { sectorBytes, tables } = compound
  const names: string[] = []
  let sector = first
  for (let sectors = 0; sectors < MOST_DIRECTORY_SECTORS && sector < 0xfffffff0; sectors++) {
    const at = place(compound, sector)
    if (!(yield* window.need(at, sectorBytes))) return sectors === 0 ? null : names
    for (let entry = at; entry < at + sectorBytes; entry += 128) {
      const bytes = window.le16(entry + 64)
      if (bytes < 2 || bytes > 64) continue
      names.push(window.bytes.subarray(entry - window.start, entry - window.start + bytes - 2).toString('utf16le'))
    }
    // The first is the root storage; its name is written in as many ways as there are writers.
    if (sectors === 0 && window.u8(at + 66) !== 5) return null
    const table = tables[Math.floor(sector / (sectorBytes / 4))]
    const link = table === undefined ? -1 : place(compound, table) + (sector % (sectorBytes / 4)) * 4
    if (link < 0 || !(yield* window.need(link, 4))) break
    sector = window.le32(link)
  }
  return names
}

function formatOf(names: readonly string[]): Format {
  if (names.includes('PowerPoint Document') || names.includes('PP97_DUALSTORAGE')) return 'ppt'
  if (names.includes('WordDocument')) return 'doc'
  return names.includes('Workbook') || names.includes('Book') ? 'xls' : 'ole2'
}
