// Sizes, lengths and dates as people read them.

/** `812 B`, `12.3 MB`: decimal units, three figures at most, as disks and browsers count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.max(0, Math.round(bytes))} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = ''
  for (const next of units) {
    value /= 1000
    unit = next
    if (value < 999.5) break
  }
  return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${unit}`
}

/** `1:05`, `1:10:05`. */
export function formatLength(ms: number): string {
  // Down, as players count: a clock that says 0:09 for 8.6 seconds would never get there.
  const seconds = Number.isFinite(ms) ? Math.max(0, Math.floor(ms / 1000)) : 0
  const minutes = Math.floor(seconds / 60)
  const rest = String(seconds % 60).padStart(2, '0')
  if (minutes < 60) return `${minutes}:${rest}`
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`
}

/** `1 hour 10 minutes`, `5 seconds`: the same, to be read aloud. */
export function lengthWords(ms: number): string {
  const seconds = Number.isFinite(ms) ? Math.max(0, Math.floor(ms / 1000)) : 0
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ]
  const named = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
  return named.slice(0, 2).join(' ') || '0 seconds'
}

/** `Today, 14:05`, `Yesterday, 9:30`, `12 March, 14:05`, with the year where it is another one. */
export function formatMoment(moment: Date, now: Date = new Date(), locale?: string): string {
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(moment)
  const day = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
  // Rounded: days around a change of the clocks have 23 or 25 hours.
  const daysAgo = Math.round((day(now) - day(moment)) / 86_400_000)
  if (daysAgo === 0) return `Today, ${clock}`
  if (daysAgo === 1) return `Yesterday, ${clock}`
  const sameYear = moment.getFullYear() === now.getFullYear()
  const date = new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'long',
    ...(!sameYear && { year: 'numeric' }),
  }).format(moment)
  return `${date}, ${clock}`
}

/** `12 Mar 2026, 14:05`, as readers write it: for names that stay right tomorrow. */
export function formatDate(moment: Date, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(moment)
}
