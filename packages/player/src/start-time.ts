// Positions as people write them in a link: `?t=75`, `?t=1h10m5s`, `?t=1:10:05`.

const unitSeconds: Record<string, number> = { h: 3600, m: 60, s: 1 }

/** Seconds from the start, or null where the text is no position. */
export function parseStartTime(text: string | null | undefined): number | null {
  const trimmed = (text ?? '').trim().toLowerCase()
  if (trimmed === '' || trimmed.length > 32) return null
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed)
  if (/^\d+(:[0-5]?\d){1,2}(\.\d+)?$/.test(trimmed)) {
    return trimmed.split(':').reduce((total, part) => total * 60 + Number(part), 0)
  }
  // Each unit at most once and in order, as in 1h10m5s.
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(trimmed)
  if (parts === null) return null
  return ['h', 'm', 's'].reduce(
    (total, unit, index) => total + Number(parts[index + 1] ?? 0) * (unitSeconds[unit] ?? 0),
    0,
  )
}

/** `4:05`, `1:10:05`: what a clock on a player shows. */
export function formatClock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0
  const s = String(whole % 60).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes}:${s}`
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${s}`
}
