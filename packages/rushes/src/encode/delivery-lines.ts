import type { DeliveryProgress, SpoolCounts } from '@rushes/encoder'

export interface DeliveryView {
  delivery(progress: DeliveryProgress, counts: SpoolCounts, source?: string): void
  end(): void
}

/** Plain lines come no more often than this, ms: they end up in journals. */
const lineMs = 10_000

/** How a delivery goes, on stderr: one line that is rewritten on a terminal, a line now and then elsewhere. */
export function showDelivery(visible: boolean): DeliveryView {
  if (!visible) return { delivery() {}, end() {} }
  const terminal = process.stderr.isTTY
  let toldAt = Number.NEGATIVE_INFINITY
  let toldError: string | null = null
  return {
    delivery(progress, counts, source) {
      const now = performance.now()
      const isNews = progress.lastError !== toldError
      if (now - toldAt < (terminal ? 200 : lineMs) && !isNews) return
      toldAt = now
      toldError = progress.lastError
      const line = describe(progress, counts, source)
      process.stderr.write(terminal ? `\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}` : `${line}\n`)
    },
    end() {
      if (terminal) process.stderr.write('\r\x1b[K')
    },
  }
}

function describe(progress: DeliveryProgress, counts: SpoolCounts, source: string | undefined): string {
  const { bytesPerSecond, workers, state, lastError } = progress
  const sending = workers.filter((worker) => worker.state === 'sending').length
  const parts = [
    ...(source ? [source] : []),
    `${counts.delivered} delivered`,
    `${counts.pending} waiting (${megabytes(counts.pendingBytes)})`,
    `${sending}/${workers.length} sending, ${megabytes(bytesPerSecond)}/s`,
  ]
  if (counts.oldestPendingAt !== null) parts.push(`oldest ${seconds(Date.now() - counts.oldestPendingAt)}`)
  if (bytesPerSecond > 0 && counts.pendingBytes > 0) {
    parts.push(`${seconds((counts.pendingBytes / bytesPerSecond) * 1000)} to drain`)
  }
  if (state === 'introducing') parts.push('looking for the server')
  if (state === 'certifying') parts.push('waiting for the certificate')
  if (lastError !== null && counts.pending > 0) parts.push(lastError)
  return parts.join(' · ')
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function seconds(ms: number): string {
  const whole = Math.round(ms / 1000)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
