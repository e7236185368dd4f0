import type { StatusDisplay } from './status-display.ts'
import { statusLine } from './status-line.ts'

/** Lines end up in journals: without news they come no more often than this, ms. */
const everyMs = 10_000

/** A line for each piece of news, and one of everything now and then. */
export function plainLines(write: (text: string) => unknown, now: () => number = Date.now): StatusDisplay {
  let toldAt = Number.NEGATIVE_INFINITY
  return {
    show(status, news) {
      for (const text of news) write(`${text}\n`)
      if (now() - toldAt < everyMs) return
      toldAt = now()
      write(`${statusLine(status)}\n`)
    },
    note: (text) => void write(`${text}\n`),
    close() {},
  }
}
