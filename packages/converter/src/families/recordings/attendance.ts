// Attendance reports of Teams: a table, in sections since 2022, with dates as the organizer's machine writes them.
import { type DateOrder, dateOf, dateOrderOf } from './attendance-date.ts'

export type Attendance = {
  title: string
  /** As dates of no zone, ms. */
  startMs: number
  endMs: number
  stays: { name: string; role: string; joinMs: number; leaveMs: number }[]
}

const MOST_ROWS = 100_000

/** As they are handed out, in tabs; with commas or semicolons where a program for tables has saved them once more. */
function rowsOf(text: string): string[][] {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n?|\n/)
    .slice(0, MOST_ROWS)
  const most = (separator: string): number => lines.filter((line) => line.includes(separator)).length
  const [separator = '\t'] = ['\t', ';', ','].sort((left, right) => most(right) - most(left))
  return lines.map((line) => cellsOf(line, separator))
}

/** RFC 4180: what has the separator in it stands between quotation marks. */
function cellsOf(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator)
  const cells: string[] = []
  let cell = ''
  let isQuoted = false
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!
    if (letter === '"' && isQuoted && line[at + 1] === '"') cell += line[++at]!
    else if (letter === '"' && (isQuoted || cell === '')) isQuoted = !isQuoted
    else if (letter === separator && !isQuoted) {
      cells.push(cell)
      cell = ''
    } else cell += letter
  }
  return [...cells, cell]
}

/** Null: it is no such report. */
export function attendanceOf(text: string): Attendance | null {
  const rows = rowsOf(text)
  const order = dateOrderOf(rows.flat())
  return sectionsOf(rows, order) ?? summedUp(rows, order) ?? comings(rows, order)
}

const isDate = (cell: string | undefined, order: DateOrder): boolean => dateOf(cell ?? '', order) !== null

/** Since 2022: numbered sections, of which the last table has a row for each time that somebody came; those before it sum them up. */
function sectionsOf(rows: readonly string[][], order: DateOrder): Attendance | null {
  const isTitle = ([first = '']: readonly string[]): boolean => /^\d\. ?\S/.test(first) && !isDate(first, order)
  if (!rows.some(isTitle)) return null
  const sections: string[][][] = []
  for (const row of rows) {
    if (isTitle(row)) sections.push([])
    else if (row.some((cell) => cell.trim() !== '')) sections.at(-1)?.push(row)
  }
  const [summary = [], ...tables] = sections
  const stays = tables.map((table) => staysOf(table, order)).filter((table) => table.length > 0)
  return reportOf(summary, stays.at(-1) ?? [], order)
}

/** Of 2021: what is summed up, and a row for everybody. */
function summedUp(rows: readonly string[][], order: DateOrder): Attendance | null {
  const stays = staysOf(rows, order)
  const summary = rows.filter((row) => row[2] === undefined || row.slice(2).every((cell) => cell.trim() === ''))
  const dates = summary.filter(([, value]) => isDate(value, order))
  return stays.length === 0 || dates.length < 2 ? null : reportOf(summary.slice(1), stays, order)
}

function reportOf(summary: readonly string[][], stays: Attendance['stays'], order: DateOrder): Attendance | null {
  const dates = summary.flatMap(([, value]) => dateOf(value ?? '', order) ?? [])
  if (stays.length === 0 && dates.length < 2) return null
  const times = stays.flatMap(({ joinMs, leaveMs }) => [joinMs, leaveMs])
  const [startMs = Math.min(...times), endMs = Math.max(...times)] = dates
  // In front of the times, and beside how many had come.
  const until = summary.findIndex(([, value]) => isDate(value, order))
  const titles = summary.slice(0, Math.max(0, until)).flatMap(([, value = '']) => value.trim() || [])
  return { title: titles.find((each) => !/^\d+$/.test(each)) ?? '', startMs, endMs, stays }
}

const roleWords = /^(?:role|rol|rolle|rôle|ruolo|função|papel|roll|rola|роль|役割|角色|역할)$/i

/** Of each row that has a name and two times. */
function staysOf(table: readonly string[][], order: DateOrder): Attendance['stays'] {
  const column = table.flatMap((row) => row.findIndex((cell) => roleWords.test(cell.trim()))).find((at) => at > 2)
  return table
    .filter((row) => isDate(row[1], order) && isDate(row[2], order))
    .map((row) => {
      // Addresses and how long it was are no role.
      const words = row.slice(4).filter((cell) => cell.trim() !== '' && !/@|^[\d\s]+$/.test(cell))
      const role = column === undefined ? (words.at(-1) ?? '') : (row[column] ?? '')
      return {
        ...{ name: row[0]!.trim(), role: role.trim().toLowerCase() },
        ...{ joinMs: dateOf(row[1]!, order)!, leaveMs: dateOf(row[2]!, order)! },
      }
    })
}

const came =
  /^(?:joined(?: before)?|(?:vor(?:her|zeitig) )?beigetreten|teilgenommen|a rejoint(?: avant)?|rejoint|se uni[óo](?: antes)?|unido|ingressou(?: antes)?|entrou|partecipa(?:to|nte)|deelgenomen|anslöt|dołączono)$/i
const went = /^(?:left|verlassen|a quitté|parti|abandonó|salió|saiu|uscito|verlaten|lämnade|opuszczono)$/i

/** Of 2020, and of live events: a row whenever somebody came or went. Whoever is not said to have gone was there to the end. */
function comings(rows: readonly string[][], order: DateOrder): Attendance | null {
  const columns = eventColumns(rows)
  const told = rows.flatMap((row) => {
    const cell = (at: number): string => row[at]?.trim() ?? ''
    const t = dateOf(cell(columns.at), order)
    const isIn = came.test(cell(columns.action))
    const name = cell(columns.name) || cell(columns.id)
    const role = cell(columns.role).toLowerCase()
    return t === null || !(isIn || went.test(cell(columns.action))) ? [] : [{ name, role, isIn, t }]
  })
  if (told.length === 0) return null
  const [startMs, endMs] = [Math.min(...told.map(({ t }) => t)), Math.max(...told.map(({ t }) => t))]
  const stays: Attendance['stays'] = []
  const there = new Map<string, Attendance['stays'][number]>()
  for (const { name, role, isIn, t } of told.sort((left, right) => left.t - right.t)) {
    const stay = there.get(name)
    if (isIn && stay === undefined) {
      const begun = { name, role, joinMs: t, leaveMs: endMs }
      there.set(name, begun)
      stays.push(begun)
    } else if (!isIn && stay !== undefined) {
      stay.leaveMs = t
      there.delete(name)
    }
  }
  return { title: '', startMs, endMs, stays }
}

/** Reports of live events name their columns, in English everywhere; those of meetings have a name, what was done, and when. */
function eventColumns(rows: readonly string[][]): Record<'name' | 'id' | 'action' | 'at' | 'role', number> {
  const header = rows.slice(0, 10).find((row) => row.includes('UtcEventTimestamp'))
  if (header === undefined) return { name: 0, action: 1, at: 2, id: -1, role: -1 }
  const at = (name: string): number => header.indexOf(name)
  return {
    ...{ name: at('FullName'), id: at('ParticipantId') },
    ...{ action: at('Action'), at: at('UtcEventTimestamp'), role: at('Role') },
  }
}
