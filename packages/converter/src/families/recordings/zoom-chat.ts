// Chat of Zoom as it is saved: by its cloud, counted from where the meeting began, or by its program, in the clock of the wall.
import { headReader } from './chat-head.ts'

export type ZoomMessage = {
  /** Of the file's own clock, ms. */
  atMs: number
  sender: string
  /** Null: everybody. */
  to: string | null
  text: string
}
export type ZoomChat = { clock: 'meeting' | 'wall'; messages: ZoomMessage[] }

/** `00:00:05\tAda:\tHello`; some have a space behind the time. */
const cloud =
  /^(?<hours>\d{1,2}):(?<minutes>\d{2}):(?<seconds>\d{2})(?<gap>[\t ])(?:From\s+)?(?<head>[^\t]{1,300}?)\s*:\t(?<said>.*)$/s
/** `10:30:05 From Ada to Everyone:`, and what was written behind it or on the next lines. Newer ones write the date as well. */
const program =
  /^(?:\d{4}-\d{2}-\d{2}\s+)?(?<hours>\d{1,2}):(?<minutes>\d{2}):(?<seconds>\d{2})\s+(?<head>\S.{0,600}?)\s*[:：](?:\s(?<said>.*)|)$/su
const MOST_MESSAGES = 200_000

type ChatLine = { atMs: number; head: string; said: string; isOfCloud: boolean; clock: ZoomChat['clock'] }

function chatLine(line: string): ChatLine | null {
  if (!/^\d/.test(line)) return null
  const ofCloud = cloud.exec(line)?.groups
  const found = ofCloud ?? program.exec(line)?.groups
  if (found === undefined) return null
  const atMs = ((Number(found['hours']) * 60 + Number(found['minutes'])) * 60 + Number(found['seconds'])) * 1000
  const clock = ofCloud?.['gap'] === '\t' ? 'meeting' : 'wall'
  return { atMs, head: found['head']!, said: found['said'] ?? '', isOfCloud: ofCloud !== undefined, clock }
}

/** Null: it is no such chat. A message goes on over lines that begin with no time. */
export function zoomChat(text: string): ZoomChat | null {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n?|\n/)
  const found = lines.map(chatLine)
  const reader = headReader(found.flatMap((line) => (line === null || line.isOfCloud ? [] : [line.head])))
  const messages: ZoomMessage[] = []
  const clocks = { meeting: 0, wall: 0 }
  let strangers = 0
  for (const [index, line] of found.entries()) {
    if (messages.length === MOST_MESSAGES) break
    const head = line?.isOfCloud ? { sender: line.head.trim(), to: null } : line === null ? null : reader?.(line.head)
    if (line === null || !head) {
      const last = messages.at(-1)
      const written = lines[index]!
      if (last === undefined) strangers += written.trim() === '' ? 0 : 1
      else last.text = `${last.text}\n${written.replace(/^\t/, '')}`
      continue
    }
    clocks[line.clock]++
    messages.push({ atMs: line.atMs, ...head, text: line.said })
  }
  if (messages.length === 0 || strangers > messages.length) return null
  for (const message of messages) message.text = message.text.trim()
  return {
    clock: clocks.wall > clocks.meeting ? 'wall' : 'meeting',
    messages: messages.filter((each) => each.text !== ''),
  }
}

/** `GMT20210301-153000_Recording_1920x1080.mp4`: when recording began, ms since 1970. */
export function gmtStamp(name: string): number | null {
  const found = /(?:^|\/)GMT(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})_/.exec(name)
  if (found === null) return null
  const [year, month, day, hours, minutes, seconds] = found.slice(1).map(Number) as [
    ...[number, number, number, number, number, number],
  ]
  return Date.UTC(year, month - 1, day, hours, minutes, seconds)
}

/** `2021-03-01 10.30.00 Topic 123456789/`: the time of day, ms, at which a recording began on the machine that made it. */
export function folderTimeOfDay(name: string): number | null {
  const found = /(?:^|\/)\d{4}-\d{2}-\d{2} (\d{2})\.(\d{2})\.(\d{2}) /.exec(name)
  if (found === null) return null
  const [hours, minutes, seconds] = found.slice(1).map(Number) as [number, number, number]
  return ((hours * 60 + minutes) * 60 + seconds) * 1000
}
