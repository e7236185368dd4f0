import type { ByteWindow } from './byte-window.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

const MOST_UPDATES = 100_000
/** How far before `%%EOF` its `startxref` stands, and how far off a reference may be. */
const TRAILER = 64
/** No document is so short that another begins within this. */
const FEWEST = 64

/**
 * PDF (ISO 32000-1 §7.5) up to the `%%EOF` behind which nothing goes on: each update, and each part of a file that is
 * linearized, has one of its own, told by the `startxref` before it leading to a reference table of this file.
 */
export function* walkPdf(window: ByteWindow, start: number): Walk<Walked | null> {
  if (!(yield* window.need(start, 16)) || !/^%PDF-\d\.\d/.test(window.text(start, 8))) return null
  const version = window.text(start + 5, 3)
  const firstEnd = yield* window.find('%%EOF', start + 8, Number.MAX_SAFE_INTEGER)
  if (firstEnd < 0 || (yield* window.find('%PDF-', start + 5, Math.min(firstEnd, start + FEWEST))) >= 0) return null
  const here = yield* window.most(start, 2048)
  const length = /\/Linearized\b[^>]{0,400}\/L\s+(\d{1,15})/.exec(window.text(start, here))?.[1]
  const linearized = length === undefined ? null : start + Number(length)
  const facts = { version, linearized: linearized !== null, updates: 0 }
  const notes: FoundNote[] = []
  let end = -1
  let sure = false
  for (let from = start + 8; facts.updates < MOST_UPDATES; ) {
    const mark = yield* window.find('%%EOF', from, Number.MAX_SAFE_INTEGER)
    if (mark < 0) break
    from = mark + 5
    const reference = yield* referenceBefore(window, mark)
    if (reference === null) continue
    // Another file's end, behind one that was cut.
    const other = yield* window.find('%PDF-', start + 5, mark)
    if (other >= 0 && reference !== 0 && !(yield* leadsToTable(window, start, reference, mark))) break
    facts.updates++
    end = yield* behindLine(window, mark)
    if (linearized !== null && end < linearized - 2 && (yield* window.reaches(linearized))) continue
    if (yield* goesOn(window, end)) continue
    sure = yield* leadsToTable(window, start, reference, mark)
    break
  }
  if (end < 0) return null
  if (linearized !== null && end < linearized - 2) {
    notes.push({ severity: 'warning', code: 'cut', message: 'cut: it says that it is longer' })
    return { format: 'pdf', end, proven: end, whole: false, facts, notes }
  }
  if (!sure)
    notes.push({
      severity: 'info',
      code: 'reference-elsewhere',
      message: 'its reference table is elsewhere than it says',
    })
  return { format: 'pdf', end, facts, notes }
}

/** The number between `startxref` and this `%%EOF`; null where there is none. */
function* referenceBefore(window: ByteWindow, mark: number): Walk<number | null> {
  const from = Math.max(0, mark - TRAILER)
  if (!(yield* window.need(from, mark - from))) return null
  const number = /startxref\s+(\d{1,15})\s*$/.exec(window.text(from, mark - from))?.[1]
  return number === undefined ? null : Number(number)
}

function* leadsToTable(window: ByteWindow, start: number, reference: number, mark: number): Walk<boolean> {
  if (start + reference >= mark || !(yield* window.need(start + reference, 16))) return false
  return /^\s{0,4}(xref\s|\d{1,10}\s+\d{1,5}\s+o)/.test(window.text(start + reference, 16))
}

/** Behind the line's end, if there is one, of the kind that the line before has: another byte is chance. */
function* behindLine(window: ByteWindow, mark: number): Walk<number> {
  if (!(yield* window.need(mark - 2, 7))) return mark + 5
  const before = window.text(mark - 2, 2)
  const line = before === '\r\n' ? '\r\n' : before.endsWith('\r') ? '\r' : '\n'
  return (yield* window.need(mark + 5, line.length)) && window.matches(mark + 5, line)
    ? mark + 5 + line.length
    : mark + 5
}

/** Whether objects of an update follow. */
function* goesOn(window: ByteWindow, at: number): Walk<boolean> {
  const here = yield* window.most(at, 64)
  return here > 0 && /^\s{0,16}(\d{1,10}\s+\d{1,5}\s+obj\b|xref\s)/.test(window.text(at, here))
}
