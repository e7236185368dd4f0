/** The span of a TTML document's content elements, ms, of those that say absolute or nested times; null: none. */
export function ttmlSpan(xml: string): { startMs: number; endMs: number } | null {
  const number = (name: string): number | null => {
    const value = new RegExp(`\\b(?:\\w+:)?${name}="([\\d.]+)(?: ([\\d.]+))?"`).exec(xml.slice(0, 65536))
    return value === null ? null : Number(value[1]) / Number(value[2] ?? 1)
  }
  const multiplier = /\bframeRateMultiplier="(\d+)[ :](\d+)"/.exec(xml.slice(0, 65536))
  const frames = (number('frameRate') ?? 30) * (multiplier === null ? 1 : Number(multiplier[1]) / Number(multiplier[2]))
  const ticks = number('tickRate') ?? number('frameRate') ?? 1
  const parents: number[] = []
  let begin = 0
  let startMs = Infinity
  let endMs = 0
  for (const tag of xml.matchAll(/<(\/?)(?:\w+:)?(body|div|p|span)\b([^>]{0,4096}?)(\/?)>/g)) {
    if (tag[1] === '/') {
      begin = parents.pop() ?? 0
      continue
    }
    const own = time(attribute(tag[3]!, 'begin'), frames, ticks)
    const end = time(attribute(tag[3]!, 'end'), frames, ticks)
    const duration = time(attribute(tag[3]!, 'dur'), frames, ticks)
    const at = begin + (own ?? 0)
    if (own !== null && tag[2] === 'p') startMs = Math.min(startMs, at)
    const until = end !== null ? begin + end : duration !== null ? at + duration : null
    if (until !== null) {
      endMs = Math.max(endMs, until)
      if (tag[2] === 'p') startMs = Math.min(startMs, at)
    }
    if (tag[4] === '') {
      if (parents.length > 1000) return null
      parents.push(begin)
      begin = at
    }
  }
  return endMs > 0 && startMs <= endMs ? { startMs, endMs } : null
}

function attribute(attributes: string, name: string): string | null {
  return new RegExp(`(?:^|\\s)${name}\\s*=\\s*["']([^"']{1,32})["']`).exec(attributes)?.[1] ?? null
}

/** TTML 2 §12.3: clock times and offsets. */
function time(text: string | null, frames: number, ticks: number): number | null {
  if (text === null) return null
  const clock = /^(\d{1,6}):(\d\d):(\d\d)(?:\.(\d{1,9})|:(\d{1,4})(?:\.\d+)?)?$/.exec(text)
  if (clock !== null) {
    const seconds = Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3])
    const rest =
      clock[4] !== undefined ? Number(`0.${clock[4]}`) : clock[5] !== undefined ? Number(clock[5]) / frames : 0
    return (seconds + rest) * 1000
  }
  const offset = /^(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t)$/.exec(text)
  if (offset === null) return null
  const unit = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, f: 1000 / frames, t: 1000 / ticks }[offset[2]!]!
  return Number(offset[1]) * unit
}
