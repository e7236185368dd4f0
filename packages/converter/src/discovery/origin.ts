// From where times count: from zero, from a start that the head of the archive names, or from the first event.

import type { Column, Source } from './field.ts'
import { tokenFrom, tokenValue } from './number-token.ts'
import { type TimeUnit, ticksPerMs } from './time-model.ts'

export type Origin =
  | { from: 'zero' }
  | { from: 'first'; ticks: bigint | number }
  | { from: 'head'; ticks: bigint | number; place: number }

/** Times of one clock, in several columns. */
export type ClockUse = { column: Column; unit: TimeUnit; used: readonly number[] }

type Ticks = bigint | number

const headBytes = 4_096
/** Text tells in its own head when it starts, wherever it stands. */
const nearRecords = 8_192

/** `firstRecord`: where records begin, of whatever kind: a start stands before them. */
export function originOf(
  source: Source,
  uses: readonly ClockUse[],
  durationMs: number | null,
  firstRecord: number,
): Origin {
  const { unit, column } = uses[0]!
  const limit = ((durationMs ?? 12 * 3_600_000) + 1_000) * ticksPerMs[unit]
  const least = minimum(uses.map((use) => absolute(use.column, use.used[0]!)))
  const most = maximum(uses.map((use) => absolute(use.column, use.used.at(-1)!)))
  if (Number(most) <= limit) return { from: 'zero' }
  const found =
    column.field.as === 'binary'
      ? binaryStart(source, uses[0]!, Math.min(headBytes, firstRecord), least, most, limit)
      : textStart(source, uses[0]!, firstRecord, least, most, limit)
  return found ?? { from: 'first', ticks: least }
}

export function absolute(column: Column, at: number): Ticks {
  const value = column.values[at]!
  return typeof column.base === 'bigint' ? column.base + BigInt(Math.round(value)) : column.base + value
}

export function difference(a: Ticks, b: Ticks): number {
  return typeof a === 'bigint' && typeof b === 'bigint' ? Number(a - b) : Number(a) - Number(b)
}

function ascending(a: Ticks, b: Ticks): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function minimum(list: readonly Ticks[]): Ticks {
  return list.toSorted(ascending)[0]!
}

function maximum(list: readonly Ticks[]): Ticks {
  return list.toSorted(ascending).at(-1)!
}

function binaryStart(
  source: Source,
  use: ClockUse,
  end: number,
  least: Ticks,
  most: Ticks,
  limit: number,
): Origin | null {
  const field = use.column.field
  if (field.as !== 'binary') return null
  const { bytes } = source
  if (!field.float) {
    const start = fullStart(source, use, end, least, most, limit)
    if (start !== null) return start
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const span = difference(most, least)
  for (const width of [...new Set([field.width, 8, 4, 5, 6, 7])]) {
    if (field.float && width !== 8 && width !== 4) continue
    // A start by chance: where so many places of so many values would hold one, none is believed.
    const chance = field.float ? 2 ** -36 : Math.max(limit - span, limit * 0.02) / 2 ** (8 * width)
    for (const little of [field.little, !field.little]) {
      for (let place = 0; place + width <= end; place++) {
        if (chance * (place + 1) > 0.005) break
        const ticks = field.float
          ? width === 4
            ? view.getFloat32(place, little)
            : view.getFloat64(place, little)
          : integer(bytes, place, width, little)
        if (!Number.isFinite(Number(ticks)) || !within(ticks, least, most, limit)) continue
        const above = field.little ? 0 : width - field.width
        if (!isOfRecord(source, use, place, above)) return { from: 'head', ticks, place }
      }
    }
  }
  return null
}

/**
 * A start whose upper bytes are those that stand, the same in all records, above the bytes of the times that change: the
 * more of them, the less can it be chance.
 */
function fullStart(
  source: Source,
  use: ClockUse,
  end: number,
  least: Ticks,
  most: Ticks,
  limit: number,
): Origin | null {
  const { column, used } = use
  const field = column.field
  if (field.as !== 'binary') return null
  const { bytes } = source
  const { width, little } = field
  for (let above = 8 - width; above > 0; above--) {
    const from = (start: number) => (little ? start + width : start - above)
    const first = from(column.starts[used[0]!]!)
    const upper = bytes.slice(first, first + above)
    if (upper.length < above || upper.every((byte) => byte === 0)) continue
    const same = used.every((at) => upper.every((byte, index) => bytes[from(column.starts[at]!) + index] === byte))
    if (!same) continue
    // Bits by which these bytes say more than any would.
    const bits = 8 * (above + width) - Math.log2(Math.max(limit - difference(most, least), limit * 0.02))
    for (let place = little ? 0 : above; place + width + (little ? above : 0) <= end; place++) {
      if (upper.some((byte, index) => bytes[from(place) + index] !== byte)) continue
      if (bits - Math.log2(place + 1) < 4.5) break
      const ticks = integer(bytes, place, width, little)
      if (!within(ticks, least, most, limit)) continue
      const before = little ? 0 : above
      if (!isOfRecord(source, use, place - before, before)) return { from: 'head', ticks, place }
    }
  }
  return null
}

/**
 * Whether what stands before this is what stands before the times of records: then it is one of another kind. `above`: how
 * many bytes of the number are the same in all records, and stand before what was taken for the field.
 */
function isOfRecord({ bytes }: Source, { column: { starts }, used }: ClockUse, place: number, above: number): boolean {
  let same = 0
  for (let before = 1; before <= 3; before++) {
    const usual = bytes[starts[used[0]!]! - above - before]
    if (usual === 0 || !used.every((at) => bytes[starts[at]! - above - before] === usual)) break
    if (bytes[place - before] !== usual) return false
    same++
  }
  return same >= 2
}

function integer(bytes: Uint8Array, place: number, width: number, little: boolean): bigint {
  let value = 0n
  for (let byte = 0; byte < width; byte++) {
    value = (value << 8n) | BigInt(bytes[little ? place + width - 1 - byte : place + byte]!)
  }
  return value
}

function within(start: Ticks, least: Ticks, most: Ticks, limit: number): boolean {
  return start <= least && difference(most, start) <= limit && Number(start) !== 0
}

function textStart(
  source: Source,
  use: ClockUse,
  end: number,
  least: Ticks,
  most: Ticks,
  limit: number,
): Origin | null {
  const { tokens } = source
  const last = tokenFrom(tokens, end)
  const name = tokens.keys[tokenFrom(tokens, use.column.starts[use.used[0]!]!)]!
  for (let index = 0; index < last; index++) {
    const start = tokens.starts[index]!
    // Before the records, or at the head of the archive, if other things lie between.
    if (start >= headBytes && start < end - nearRecords) continue
    // What has the name of the records' times is the time of one, of whatever kind.
    if (name !== '' && tokens.keys[index] === name) continue
    const form = tokens.forms[index]!
    if (form !== use.column.form && !(use.column.form === 'decimal' && form === 'whole')) continue
    const value = tokenValue(tokens.texts[index]!, form)
    const ticks = typeof least === 'bigint' && typeof value === 'number' ? BigInt(Math.trunc(value)) : value
    if (within(ticks, least, most, limit)) return { from: 'head', ticks, place: tokens.starts[index]! }
  }
  return null
}
