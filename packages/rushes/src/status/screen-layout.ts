// The screen as rows of text: pure, so that any size can be looked at without a terminal.
import type { EncoderStatus, SourceStatus } from '@rushes/encoder'
import { bitRate, byteCount, clockTime, oneLine, timeSpan } from './quantities.ts'
import { cut, type Line, type Span, span, type Tone, widthOf } from './screen-text.ts'

export type ScreenFacts = {
  status: EncoderStatus
  /** Bytes a second, one for each second, newest last. */
  throughput: readonly number[]
  /** What the command said last. */
  note: string
  /** What can be done, in words from many to few. */
  keys: readonly string[]
  columns: number
  rows: number
  /** Whether the terminal shows more than ASCII. */
  isUnicode: boolean
}

/** `rank`: rows of the highest go first where there is no room for all. */
type Row = { rank: number; label: string; parts: readonly Span[] }

const labelColumns = 11

export function layOut(facts: ScreenFacts): Line[] {
  const { columns, rows } = facts
  // The last column is left free: terminals differ in what they do after it.
  const width = Math.max(10, columns - 1)
  const footer = footerLines(facts, width)
  const kept = choose(bodyRows(facts), rows - 2 - footer.length)
  const body = kept.map((row, index) => rowLine(row, row.label !== kept[index - 1]?.label, width))
  return [headLine(facts, width), [], ...body, ...footer].map((line) => cut(line, width)).slice(0, rows)
}

/** Those that fit, the least important left out. */
function choose(rows: readonly Row[], most: number): Row[] {
  let kept = [...rows]
  while (kept.length > Math.max(most, 0)) {
    const rank = Math.max(...kept.map((row) => row.rank))
    const last = kept.findLastIndex((row) => row.rank === rank)
    kept = kept.filter((_, index) => index !== last)
  }
  return kept
}

/** The first part always, the others while there is room for all of them. */
function rowLine({ label, parts }: Row, isLabelled: boolean, width: number): Line {
  const line: Span[] = [span((isLabelled ? label : '').padEnd(labelColumns), 'faint')]
  for (const [index, part] of parts.filter(({ text }) => text !== '').entries()) {
    const next = index === 0 ? [part] : [span('  '), part]
    if (index > 0 && widthOf([...line, ...next]) > width) break
    line.push(...next)
  }
  return line
}

const stateWords: Readonly<Record<EncoderStatus['event']['state'], [string, Tone]>> = {
  acquiring: ['RECORDING', 'good'],
  draining: ['ENDED, DELIVERING', 'uneasy'],
  delivering: ['DELIVERING', 'uneasy'],
  done: ['DELIVERED', 'good'],
  suspended: ['STOPPED', 'uneasy'],
}

function headLine({ status: { event } }: ScreenFacts, width: number): Line {
  const [word, tone] = stateWords[event.state]
  const right = [span(word, tone), span(` ${clockTime(event.recordedMs)}`, 'title')]
  const title = cut([span(oneLine(event.title), 'title')], Math.max(4, width - widthOf(right) - 2))
  return [...title, span(' '.repeat(Math.max(2, width - widthOf(title) - widthOf(right)))), ...right]
}

function footerLines({ note, keys }: ScreenFacts, width: number): Line[] {
  const said = keys.find((text) => text.length <= width) ?? ''
  return [...(note === '' ? [] : [[span(oneLine(note), 'uneasy')]]), [span(said, 'faint')]]
}

function bodyRows(facts: ScreenFacts): Row[] {
  const { status } = facts
  return [
    ...status.sources.map((source, index) => sourceRow(source, index)),
    ...renditionRows(status),
    { rank: 9, label: '', parts: [] },
    queueRow(status),
    ...spoolRow(facts),
    ...olderRow(status),
    serverRow(status),
    ...watchRow(status),
    sendingRow(facts),
    ...workerRows(status),
    { rank: 9, label: '', parts: [] },
    gapRow(status),
    ...warningRow(status),
    errorRow(status),
  ]
}

const sourceTones: Readonly<Record<SourceStatus['state'], Tone>> = {
  connecting: 'uneasy',
  running: 'good',
  lost: 'bad',
  ended: 'faint',
}

function sourceRow({ name, state, fps, speed, droppedFrames, detail, forMs }: SourceStatus, index: number): Row {
  const said = span(`${name} ${state} ${timeSpan(forMs)}`, sourceTones[state])
  const rank = state === 'lost' ? 0 : index === 0 ? 1 : 4
  if (state !== 'running') return { rank, label: 'Sources', parts: [said, span(oneLine(detail))] }
  return {
    ...{ rank, label: 'Sources' },
    parts: [
      said,
      span(`${Math.round(fps)} fps`),
      span(`${speed.toFixed(2)}x`, speed > 0 && speed < 0.95 ? 'uneasy' : 'plain'),
      span(`${droppedFrames} dropped`, droppedFrames > 0 ? 'uneasy' : 'plain'),
    ],
  }
}

function renditionRows({ renditions }: EncoderStatus): Row[] {
  return renditions.map(({ id, width, height, codecs, bandwidth, segments }) => ({
    rank: 7,
    label: 'Renditions',
    parts: [
      span(id),
      span(`${segments} segments`),
      span(width === null || height === null ? '' : `${width}x${height}`),
      span(`to ${bitRate(bandwidth)}`),
      span(oneLine(codecs), 'faint'),
    ],
  }))
}

function queueRow({ queue }: EncoderStatus): Row {
  if (queue.files === 0) return { rank: 1, label: 'Queue', parts: [span('nothing waits', 'good')] }
  return {
    ...{ rank: 1, label: 'Queue' },
    parts: [
      span(`${queue.files} waiting, ${byteCount(queue.bytes)}`),
      span(queue.oldestMs === null ? '' : `oldest ${timeSpan(queue.oldestMs)}`),
      span(queue.refused === 0 ? '' : `${queue.refused} refused`, 'uneasy'),
    ],
  }
}

function spoolRow({ status: { spool, queue }, isUnicode }: ScreenFacts): Row[] {
  const { bytes, limitBytes } = spool
  if (limitBytes === null) return [{ rank: 5, label: 'Spool', parts: [span(byteCount(bytes))] }]
  const share = bytes / limitBytes
  // Delivered files make room when it is needed: what waits is what fills it.
  const waits = queue.bytes / limitBytes
  const tone: Tone = waits >= 0.8 ? 'bad' : waits >= 0.5 ? 'uneasy' : 'plain'
  const text = `${byteCount(bytes)} of ${byteCount(limitBytes)}`
  return [{ rank: 3, label: 'Spool', parts: [span(bar(share, isUnicode), tone), span(text, tone)] }]
}

function bar(share: number, isUnicode: boolean): string {
  const columns = 16
  const full = Math.min(columns, Math.round(share * columns))
  const [on, off] = isUnicode ? ['█', '░'] : ['#', '-']
  return `${on!.repeat(full)}${off!.repeat(columns - full)} ${Math.round(share * 100)} %`
}

function watchRow({ event: { shareUrl } }: EncoderStatus): Row[] {
  return shareUrl === null ? [] : [{ rank: 8, label: 'Watch', parts: [span(oneLine(shareUrl))] }]
}

function olderRow({ older }: EncoderStatus): Row[] {
  if (older.events === 0) return []
  const text = `${older.events} ${older.events === 1 ? 'event' : 'events'}, ${older.files} waiting, ${byteCount(older.bytes)}`
  return [{ rank: 4, label: 'Before', parts: [span(text)] }]
}

const serverTones: Readonly<Record<EncoderStatus['delivery']['server'], Tone>> = {
  unknown: 'uneasy',
  reachable: 'good',
  unreachable: 'bad',
  refusing: 'bad',
}

function serverRow({ at, event, delivery }: EncoderStatus): Row {
  const { server, serverSince } = delivery
  const word = server === 'unknown' ? 'looking for it' : server
  return {
    ...{ rank: 2, label: 'Server' },
    parts: [span(`${word} ${since(serverSince, at)}`, serverTones[server]), span(oneLine(event.server))],
  }
}

function sendingRow({ status: { delivery }, throughput, isUnicode }: ScreenFacts): Row {
  const { bytesPerSecond, drainMs, files, bytesRetransmitted, state } = delivery
  const drain = drainMs === null ? 'no end in sight' : drainMs === 0 ? 'up to date' : `${timeSpan(drainMs)} to drain`
  return {
    ...{ rank: 2, label: 'Delivery' },
    parts: [
      span(`${byteCount(bytesPerSecond)}/s`),
      span(state === 'certifying' ? 'waiting for the certificate' : drain, drainMs === null ? 'uneasy' : 'plain'),
      span(sparkline(throughput, isUnicode)),
      span(`${files} delivered`),
      span(bytesRetransmitted === 0 ? '' : `${byteCount(bytesRetransmitted)} sent again`, 'uneasy'),
    ],
  }
}

/** The last seconds, the highest of them as high as it goes. */
function sparkline(throughput: readonly number[], isUnicode: boolean): string {
  const steps = isUnicode ? '▁▂▃▄▅▆▇█' : '_.-=*#'
  const most = Math.max(...throughput, 1)
  return throughput
    .slice(-20)
    .map((rate) => steps[Math.min(steps.length - 1, Math.round((rate / most) * (steps.length - 1)))])
    .join('')
}

function workerRows({ delivery: { workers } }: EncoderStatus): Row[] {
  return workers.map(({ state, file, bytesPerSecond, lastError }, index) => ({
    ...{ rank: 6, label: index === 0 ? 'Workers' : '' },
    parts: [
      span(`${index + 1} ${state}`.padEnd(9), state === 'resting' ? 'uneasy' : 'plain'),
      span(bytesPerSecond === 0 ? '' : `${byteCount(bytesPerSecond)}/s`),
      span(oneLine(file ?? lastError ?? '')),
    ],
  }))
}

function gapRow({ recorded: { gaps, gapMs, lost, withdrawn } }: EncoderStatus): Row {
  if (gaps === 0 && lost === 0 && withdrawn === 0) return { rank: 4, label: 'Gaps', parts: [span('none', 'good')] }
  return {
    ...{ rank: 2, label: 'Gaps' },
    parts: [
      span(`${gaps} so far, ${timeSpan(gapMs)}`, 'uneasy'),
      span(withdrawn === 0 ? '' : `${withdrawn} segments of renditions withdrawn`, 'uneasy'),
      span(lost === 0 ? '' : `${lost} segments found no room`, 'bad'),
    ],
  }
}

function warningRow({ warning }: EncoderStatus): Row[] {
  return warning === null ? [] : [{ rank: -1, label: 'Warning', parts: [span(oneLine(warning), 'bad')] }]
}

function errorRow({ at, lastError }: EncoderStatus): Row {
  if (lastError === null) return { rank: 8, label: 'Last error', parts: [span('none', 'good')] }
  const text = `${since(lastError.at, at)} ago: ${oneLine(lastError.message)}`
  return { rank: 2, label: 'Last error', parts: [span(text)] }
}

function since(from: string, to: string): string {
  return timeSpan(Math.max(0, Date.parse(to) - Date.parse(from)))
}
