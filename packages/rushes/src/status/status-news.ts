import type { EncoderStatus, SourceStatus } from '@rushes/encoder'
import { oneLine, timeSpan } from './quantities.ts'

const eventNews: Readonly<Record<EncoderStatus['event']['state'], string>> = {
  acquiring: 'recording',
  draining: 'the event has ended; what is left is delivered',
  delivering: 'delivering',
  done: 'everything is delivered and certified',
  suspended: 'stopped; the event is open and can be gone on with',
}

/** What is worth a line of its own, between two looks at an encoder. */
export function statusNews(before: EncoderStatus | null, after: EncoderStatus): string[] {
  const news: string[] = []
  if (before?.event.state !== after.event.state) news.push(eventNews[after.event.state])
  for (const source of after.sources) {
    const known = before?.sources.find(({ name }) => name === source.name)
    if (known?.state !== source.state) news.push(sourceNews(source))
  }
  const { shareUrl } = after.event
  if (shareUrl !== null && before?.event.shareUrl !== shareUrl) news.push(`watch it at ${oneLine(shareUrl)}`)
  if (before?.delivery.server !== after.delivery.server) news.push(...serverNews(after))
  if (before?.warning !== after.warning && after.warning !== null) news.push(`warning: ${oneLine(after.warning)}`)
  if (before !== null && before.warning !== null && after.warning === null) news.push('the warning is over')
  if (before !== null && before.recorded.gaps < after.recorded.gaps) {
    news.push(`a gap was marked: ${timeSpan(after.recorded.gapMs - before.recorded.gapMs)}`)
  }
  return news
}

function sourceNews({ name, state, detail }: SourceStatus): string {
  return `source ${name} ${state}${detail === '' ? '' : `: ${oneLine(detail)}`}`
}

function serverNews({ event, delivery, lastError }: EncoderStatus): string[] {
  if (delivery.server === 'unknown') return [`looking for ${event.server}`]
  const why = delivery.server === 'reachable' || lastError === null ? '' : `: ${oneLine(lastError.message)}`
  return [`server ${delivery.server}${why}`]
}
