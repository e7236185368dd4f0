// One encoder as this process knows it: what is written down of it, and what it said since.
//
//   an order:  offered ── a report that has its generation ──> taken
//                 └── a start that nobody took for 10 minutes ──> expired
import type {
  AlertKind,
  EncoderHistory,
  EncoderInstructions,
  EncoderReport,
  EncoderView,
  OrderState,
} from '@rushes/protocol'
import type { EncoderRow } from '../catalog/schema.ts'
import type { Episodes } from './alerts.ts'

/** A start that was asked for must not come true hours later, when the network is back. */
export const startOfferedMs: number = 10 * 60_000
/** Reports come every few seconds. */
const onlineMs = 15_000
export const historyStepMs = 5000
const historyLength = 120

/** Whether the last order was taken by whoever reported `applied` at `now`. */
export function isTaken(row: EncoderRow, applied: number, now: number): boolean {
  if (row.last_order === null || row.order_taken) return row.order_taken
  return applied >= row.last_order.generation && !isExpired(row, now)
}

export class Encoder {
  row: EncoderRow
  report: EncoderReport | null
  /** ms since 1970. */
  reportedAt: number | null
  episodes: Episodes
  private readonly queueBytes: (number | null)[] = []
  private readonly bytesPerSecond: (number | null)[] = []

  constructor(row: EncoderRow) {
    this.row = row
    this.report = row.report
    this.reportedAt = row.reported_at?.getTime() ?? null
    this.episodes = row.episodes
  }

  isOnline(now: number): boolean {
    return this.reportedAt !== null && Math.abs(now - this.reportedAt) < onlineMs && this.report?.state !== 'off'
  }

  /** Called every {@link historyStepMs}. */
  sample(now: number): void {
    const report = this.isOnline(now) ? this.report : null
    this.queueBytes.push(report?.queue.bytes ?? null)
    this.bytesPerSecond.push(report?.bytesPerSecond ?? null)
    if (this.queueBytes.length > historyLength) {
      this.queueBytes.shift()
      this.bytesPerSecond.shift()
    }
  }

  /** FL3. */
  instructions(now: number): EncoderInstructions {
    const { generation, last_order: order, schedule } = this.row
    return { generation, order: isExpired(this.row, now) ? null : order, schedule }
  }

  /** Above all that the encoder and this server ever had, also when one of them went back to an older copy of itself. */
  nextGeneration(): number {
    return Math.max(this.row.generation, this.report?.applied ?? 0) + 1
  }

  view(now: number): EncoderView {
    const { id, name, version, host, created_at: createdAt, schedule } = this.row
    const history: EncoderHistory = {
      everySeconds: historyStepMs / 1000,
      queueBytes: [...this.queueBytes],
      bytesPerSecond: [...this.bytesPerSecond],
    }
    return {
      ...{ id, name, version, host, createdAt: createdAt.toISOString() },
      reportedAt: this.reportedAt === null ? null : new Date(this.reportedAt).toISOString(),
      online: this.isOnline(now),
      report: this.report,
      history,
      order: this.orderView(now),
      schedule,
      alerts: (Object.entries(this.episodes) as [AlertKind, Episodes[AlertKind]][])
        .filter(([, episode]) => episode?.isTold === true)
        .map(([kind, episode]) => ({ kind, since: new Date(episode!.since).toISOString() })),
    }
  }

  private orderView(now: number): EncoderView['order'] {
    const { last_order: order, ordered_at: at } = this.row
    if (order === null || at === null) return null
    const state: OrderState = this.row.order_taken ? 'taken' : isExpired(this.row, now) ? 'expired' : 'offered'
    const title = order.action === 'start' ? order.title : null
    return { action: order.action, event: order.event, title, state, at: at.toISOString() }
  }
}

/** A stop is never late: it names the event that it ends. */
function isExpired({ last_order: order, ordered_at: at, order_taken: taken }: EncoderRow, now: number): boolean {
  return order?.action === 'start' && !taken && at !== null && now - at.getTime() > startOfferedMs
}
