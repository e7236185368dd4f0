// Attendance reports of Teams: a table in tabs, in sections, with dates as the organizer's machine writes them.
export type Attendance = {
  title: string
  /** As dates of no zone, ms. */
  startMs: number
  endMs: number
  stays: { name: string; role: string; joinMs: number; leaveMs: number }[]
}

type Order = 'day-first' | 'month-first'

/** `15/11/22, 09:30:17`, `11/15/2022, 9:30:17 AM`, `2022-11-15 09:30:17`. */
function dateOf(text: string, order: Order): number | null {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})[T ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text.trim())
  if (iso !== null) {
    const [year, month, day, hours, minutes, seconds = 0] = iso.slice(1).map((each) => Number(each ?? 0))
    return Date.UTC(year!, month! - 1, day, hours, minutes, seconds)
  }
  const found = /^(\d{1,2})[/.](\d{1,2})[/.](\d{2,4}),?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap])?\.?m?\.?$/i.exec(
    text.trim(),
  )
  if (found === null) return null
  const [one, other, shortYear, hours, minutes] = found.slice(1, 6).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const [day, month] = order === 'day-first' ? [one, other] : [other, one]
  const year = shortYear < 100 ? 2000 + shortYear : shortYear
  const half = found[7]?.toLowerCase()
  const hour = half === undefined ? hours : (hours % 12) + (half === 'p' ? 12 : 0)
  return Date.UTC(year, month - 1, day, hour, minutes, Number(found[6] ?? 0))
}

/** A month is no 15; where that tells nothing, hours of two halves are written where months come first. */
function orderOf(texts: readonly string[]): Order {
  const pairs = texts.flatMap((text) => {
    const found = /^\s*(\d{1,2})[/.](\d{1,2})[/.]\d{2,4}/.exec(text)
    return found === null ? [] : [[Number(found[1]), Number(found[2])] as const]
  })
  if (pairs.some(([first]) => first > 12)) return 'day-first'
  if (pairs.some(([, second]) => second > 12)) return 'month-first'
  return texts.some((text) => /[ap]\.?m\.?\s*$/i.test(text)) ? 'month-first' : 'day-first'
}

const MOST_ROWS = 100_000

/** Null: it is no such report. */
export function attendanceOf(text: string): Attendance | null {
  const rows = text
    .replace(/^\ufeff/, '')
    .split(/\r\n?|\n/)
    .slice(0, MOST_ROWS)
    .map((line) => line.split('\t'))
  if (!rows.some(([first = '']) => /^\d\. \S/.test(first))) return null
  const sections: string[][][] = []
  for (const row of rows) {
    if (/^\d\. \S/.test(row[0] ?? '')) sections.push([])
    else if (row.some((cell) => cell.trim() !== '')) sections.at(-1)?.push(row)
  }
  const order = orderOf(rows.flat())
  const isDate = (cell: string | undefined): boolean => dateOf(cell ?? '', order) !== null
  const [summary = [], ...tables] = sections
  const summaryDates = summary.flatMap(([, value]) => (isDate(value) ? [dateOf(value!, order)!] : []))
  // The last table has a row for each time that somebody came; those before it sum them up.
  const rowsOf = tables
    .map((table) => table.filter((row) => isDate(row[1]) && isDate(row[2])))
    .filter((table) => table.length > 0)
  const stays = (rowsOf.at(-1) ?? []).map((row) => ({
    ...{ name: row[0]!.trim(), role: (row.at(-1) ?? '').trim().toLowerCase() },
    ...{ joinMs: dateOf(row[1]!, order)!, leaveMs: dateOf(row[2]!, order)! },
  }))
  if (stays.length === 0 && summaryDates.length < 2) return null
  const times = stays.flatMap(({ joinMs, leaveMs }) => [joinMs, leaveMs])
  const startMs = summaryDates[0] ?? Math.min(...times)
  const endMs = summaryDates[1] ?? Math.max(...times)
  return { title: summary[0]?.[1]?.trim() ?? '', startMs, endMs, stays }
}
