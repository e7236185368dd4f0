import { anchors } from './anchors.ts'
import type { ByteSource } from './byte-source.ts'
import { ByteWindow, runWalk } from './byte-window.ts'
import { type Found, indexResources, toFound } from './index-resources.ts'
import { walkTransport } from './mpeg-ts.ts'
import { textPieces } from './text-kind.ts'
import { isPlain, textRun } from './text-run.ts'
import { type Walk, WalkExhausted, type Walked } from './walk.ts'

/** What a whole file is: a resource, `empty`, or `unknown` to whoever goes on with discovery. */
export type Recognised = Omit<Found, 'format' | 'type'> & {
  format: Found['format'] | 'empty' | 'unknown'
  type: Found['type'] | 'unknown'
}

/** Files of sound are known to begin with what is none: looked through this far for where it begins. */
const MOST_GARBAGE = 1 << 20
const MOST_WORK = 256 * 2 ** 20

/**
 * Says what a file is by its content, never by its name. `start` and `end` are those of the resource: what stands before
 * or behind it in the file is told by a note. @throws what the source throws
 */
export async function recognise(source: ByteSource): Promise<Recognised> {
  const window = new ByteWindow(source)
  const size = await sizeOf(source)
  if (size === 0) return nothing('empty', 0)
  const media = await bySignature(window)
  if (media !== null) return withRest(toFound({ start: 0, ...media }), size)
  const text = await attempt(window, wholeText(window, size))
  if (text !== null) return withRest(toFound({ start: 0, ...text }), size)
  const late = await behindGarbage(source, size)
  return late === null ? nothing('unknown', size) : withRest(late, size)
}

async function sizeOf(source: ByteSource): Promise<number> {
  if (source.size !== null) return source.size
  const piece = new Uint8Array(1 << 20)
  for (let at = 0; ; at += piece.length) {
    const read = await source.read(at, piece)
    if (read < piece.length) return at + read
  }
}

function nothing(format: 'empty' | 'unknown', size: number): Recognised {
  return {
    start: 0,
    end: size,
    format,
    type: 'unknown',
    contentType: 'application/octet-stream',
    whole: true,
    facts: {},
    notes: [],
  }
}

function withRest(found: Found, size: number): Found {
  const notes = [...found.notes]
  if (found.start > 0) {
    notes.push({ severity: 'info', code: 'bytes-before', message: `${found.start} bytes stand before it` })
  }
  if (found.end < size) {
    notes.push({ severity: 'info', code: 'bytes-behind', message: `${size - found.end} bytes stand behind it` })
  }
  return { ...found, notes }
}

async function attempt<Result>(window: ByteWindow, walk: Walk<Result | null>): Promise<Result | null> {
  window.work = 0
  window.allowance = MOST_WORK + 8 * (window.size ?? 0)
  try {
    return await runWalk(window, walk)
  } catch (error) {
    if (!(error instanceof WalkExhausted)) throw error
    return null
  }
}

/** The first format whose signature stands at the beginning and whose walk leads somewhere. */
async function bySignature(window: ByteWindow): Promise<Walked | null> {
  for (const anchor of anchors) {
    const stands = await runWalk(window, signatureAt(window, anchor.offset, anchor.signature))
    const walked = stands ? await attempt(window, anchor.walk(window, 0, 0)) : null
    if (walked !== null) return walked
  }
  // Packets of 192 bytes have a time before the byte that they are known by.
  const timed = await attempt(window, walkTransport(window, 4, 0))
  return timed !== null && timed.start === 0 ? timed : null
}

function* signatureAt(window: ByteWindow, at: number, signature: readonly (readonly number[])[]): Walk<boolean> {
  if (!(yield* window.need(at, signature.length))) return false
  return signature.every((values, index) => values.includes(window.u8(at + index)))
}

/** A file that is text from one end to the other; shorter ones than are found between others count as well. */
function* wholeText(window: ByteWindow, size: number): Walk<Walked | null> {
  const here = yield* window.most(0, 64)
  let plain = 0
  for (let at = 0; at < here; at++) if (isPlain(window.u8(at)) || window.u8(at) >= 0x80) plain++
  if (plain < here) return null
  const run = size < 64 ? { start: 0, end: size, sureStart: true, sureEnd: true } : yield* textRun(window, 0, 0)
  if (run === null || run.end < size) return null
  const pieces: Walked[] = []
  yield* textPieces(window, { ...run, sureStart: true, sureEnd: true }, pieces)
  const first = pieces[0]
  if (first === undefined) return null
  // A file that is several things, one behind the other, is text.
  return pieces.length === 1 && (first.end === size || first.format !== 'text')
    ? first
    : { format: 'text', start: 0, end: size }
}

/** Sound and pictures that something stands before, and nothing of another kind behind. */
async function behindGarbage(source: ByteSource, size: number): Promise<Found | null> {
  for await (const found of indexResources(source)) {
    if (found.start > MOST_GARBAGE || !found.whole) return null
    const played = found.type === 'audio' || found.type === 'video'
    return played && found.end >= size - 4096 ? found : null
  }
  return null
}
