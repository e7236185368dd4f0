import type { EncoderView } from '@rushes/protocol'
import { formatLength, formatMoment } from '../figures.ts'

export type EncoderStanding = {
  tone: 'live' | 'caution' | 'safe' | 'plain'
  words: string
  /** What somebody should do something about, in words. */
  problems: string[]
}

/** Older than the time that a segment takes on a good day, s. */
const behindSeconds = 60

/** How an encoder stands, for people. */
export function encoderStanding({ online, report, reportedAt }: EncoderView): EncoderStanding {
  if (report === null || reportedAt === null) return { tone: 'plain', words: 'Not heard yet', problems: [] }
  const heard = moment(reportedAt)
  if (report.state === 'off') return { tone: 'plain', words: `Off since ${heard}`, problems: [] }
  if (!online) {
    const unknown =
      report.state === 'recording' ? 'It was recording, and may still be: it needs no server for that.' : ''
    return { tone: 'caution', words: `Silent since ${heard}`, problems: unknown === '' ? [] : [unknown] }
  }
  const lost = report.state === 'recording' ? report.sources.filter(({ state }) => state === 'lost') : []
  const problems = [
    ...lost.map(({ name, detail }) => `${sourceName(name)} is lost${detail === '' ? '' : `: ${detail}`}.`),
    ...((report.event?.lost ?? 0) > 0 ? [`${report.event!.lost} segments found no room and are lost.`] : []),
    ...(report.warning === null ? [] : [sentence(report.warning)]),
    ...(report.lastError === null ? [] : [sentence(report.lastError)]),
  ]
  const behind = report.queue.oldestSeconds ?? 0
  if (lost.length > 0) return { tone: 'caution', words: 'Source lost', problems }
  if (report.state === 'recording' && report.sources.length === 0 && report.lastError !== null)
    return { tone: 'caution', words: 'Not recording', problems }
  if (behind > behindSeconds) return { tone: 'caution', words: `Behind by ${formatLength(behind * 1000)}`, problems }
  if (report.state === 'recording') return { tone: 'live', words: 'Recording', problems }
  if (report.state === 'draining') return { tone: 'plain', words: 'Delivering the rest', problems }
  return { tone: 'safe', words: 'Ready', problems }
}

/** `Source main`, as the encoder calls it. */
export function sourceName(name: string): string {
  return `Source “${name}”`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}

/** As {@link formatMoment}, within a sentence; names of months keep their capital. */
export function moment(time: string): string {
  return formatMoment(new Date(time)).replace(/^(Today|Yesterday)\b/, (word) => word.toLowerCase())
}
