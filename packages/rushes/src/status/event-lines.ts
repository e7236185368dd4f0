import type { StatusDisplay } from './status-display.ts'

/** NDJSON: the status each second and with each piece of news. */
export function eventLines(write: (text: string) => unknown): StatusDisplay {
  return {
    show: (status, news) => void write(`${JSON.stringify({ type: 'status', news, ...status })}\n`),
    note: (text) => void write(`${JSON.stringify({ type: 'note', at: new Date().toISOString(), text })}\n`),
    close() {},
  }
}
