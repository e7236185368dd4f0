/** Hours in which a shared uplink may be used, by local time; `from` after `to` goes over midnight. */
export type TimeWindow = { fromMinute: number; toMinute: number }

export type BandwidthLimit = {
  /** Bytes a second; null: all there is. */
  bytesPerSecond: number | null
  windows: readonly TimeWindow[]
}

export const unlimited: BandwidthLimit = { bytesPerSecond: null, windows: [] }

export interface TokenBucket {
  /** Takes `bytes`; ms to wait before they may be sent. */
  delayFor(bytes: number): number
}

/** A token bucket with a quarter of a second in it, so that a limit is kept at any scale that a link can feel. */
export function openTokenBucket(limit: BandwidthLimit, now: () => number = Date.now): TokenBucket {
  const rate = limit.bytesPerSecond
  let freeAt = now()
  return {
    delayFor(bytes) {
      if (rate === null) return 0
      freeAt = Math.max(freeAt, now() - 250) + (bytes / rate) * 1000
      return Math.max(0, freeAt - now())
    },
  }
}

/** ms until sending is allowed; 0: now. */
export function untilWindow(windows: readonly TimeWindow[], at: Date): number {
  if (windows.length === 0) return 0
  const minute = at.getHours() * 60 + at.getMinutes()
  const waits = windows.map(({ fromMinute, toMinute }) => {
    const inside =
      fromMinute <= toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute
    if (inside) return 0
    const minutes = (fromMinute - minute + 1440) % 1440
    return minutes * 60_000 - at.getSeconds() * 1000 - at.getMilliseconds()
  })
  return Math.max(0, Math.min(...waits))
}

/** `08:00-17:30,22:00-06:00`. @throws RangeError */
export function parseWindows(text: string): TimeWindow[] {
  return text.split(',').map((part) => {
    const match = /^\s*(\d\d):(\d\d)-(\d\d):(\d\d)\s*$/.exec(part)
    const [fromHour, fromRest, toHour, toRest] = (match?.slice(1) ?? []).map(Number)
    if (match === null || fromHour! > 23 || toHour! > 24 || fromRest! > 59 || toRest! > 59) {
      throw new RangeError(`${part} is no time window: give one like 22:00-06:00`)
    }
    return { fromMinute: fromHour! * 60 + fromRest!, toMinute: toHour! * 60 + toRest! }
  })
}
