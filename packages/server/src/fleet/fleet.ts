// All encoders that report to this server. What they say is kept in memory and written down now and then; what they are
// asked to do is written down before anybody hears of it.
import type {
  AlertLimits,
  AlertMessage,
  EncoderInstructions,
  EncoderOrder,
  EncoderReport,
  IntroduceEncoderRequest,
  OrderEncoderRequest,
  ScheduleEncoderRequest,
} from '@rushes/protocol'
import type { Kysely } from 'kysely'
import {
  deleteEncoder,
  introduceEncoder,
  keepOrder,
  keepReport,
  keepSchedule,
  listAllEncoders,
  renameEncoder,
} from '../catalog/encoders.ts'
import { type EncoderId, newRecordingId, type UserId, uuidV7 } from '../catalog/identifiers.ts'
import type { Schema } from '../catalog/schema.ts'
import { keepAlertLimits, keepEpisodes, readAlertLimits } from '../catalog/webhooks.ts'
import { type Notice, observe } from './alerts.ts'
import { Encoder, historyStepMs, isTaken } from './encoder.ts'
import { FleetError } from './fleet-error.ts'

export interface Fleet {
  /** FL1. @throws FleetError `id-taken`, `too-many-encoders` */
  introduce(
    ownerId: UserId,
    id: EncoderId,
    request: IntroduceEncoderRequest,
  ): Promise<{ encoder: Encoder; created: boolean }>
  get(id: EncoderId): Encoder | undefined
  list(ownerId: UserId): Encoder[]
  /** FL2: settles when there is something new to do, when the encoder reports again, or when `signal` aborts. */
  report(encoder: Encoder, report: EncoderReport, signal: AbortSignal): Promise<EncoderInstructions>
  rename(encoder: Encoder, name: string): Promise<void>
  remove(encoder: Encoder): Promise<void>
  /** FL3. @throws FleetError `already-recording` */
  order(encoder: Encoder, request: OrderEncoderRequest): Promise<void>
  /** FL4. */
  schedule(encoder: Encoder, request: ScheduleEncoderRequest): Promise<void>
  /** FL6. */
  alertLimits(ownerId: UserId): AlertLimits
  setAlertLimits(ownerId: UserId, limits: AlertLimits): Promise<void>
  close(): Promise<void>
}

export type FleetOptions = {
  db: Kysely<Schema>
  log: { warn(details: object, message: string): void }
  /** Messages were queued. */
  onMessages(): void
  /** ms since 1970. */
  now?: () => number
}

/** Between two times that the same encoder's report is written down, unless it began or ended something. */
const keepEveryMs = 30_000

const defaultLimits: AlertLimits = { behindSeconds: 120, silentSeconds: 60, spoolPercent: 80 }

type Standing = { encoder: Encoder; keptAt: number; isDirty: boolean; wake: () => void; turn: Promise<unknown> }

export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const { db, log } = options
  const now = options.now ?? Date.now
  const standings = new Map<EncoderId, Standing>()
  const limits = await readAlertLimits(db)
  const startedAt = now()
  let closed = false

  function add(encoder: Encoder): Standing {
    const standing: Standing = { encoder, keptAt: 0, isDirty: false, wake() {}, turn: Promise.resolve() }
    standings.set(encoder.row.id, standing)
    return standing
  }

  function standingOf(encoder: Encoder): Standing {
    return standings.get(encoder.row.id) ?? add(encoder)
  }

  /** Changes of one encoder come one after the other: each has a generation of its own. */
  function inTurn<Value>(standing: Standing, change: () => Promise<Value>): Promise<Value> {
    const done = standing.turn.then(change)
    standing.turn = done.catch(() => {})
    return done
  }

  async function keep(standing: Standing): Promise<void> {
    const { encoder } = standing
    if (encoder.report === null || encoder.reportedAt === null) return
    standing.isDirty = false
    standing.keptAt = now()
    const { report, reportedAt, row } = encoder
    await keepReport(db, row.id, { report, at: new Date(reportedAt), orderTaken: row.order_taken })
  }

  async function keepDue(everyMs: number): Promise<void> {
    for (const standing of standings.values()) {
      if (!standing.isDirty || now() - standing.keptAt < everyMs) continue
      // Only the newest matters: what could not be written is tried again with what is said until then.
      await inTurn(standing, () => keep(standing)).catch((error: unknown) => {
        standing.isDirty = true
        log.warn({ error }, 'the state of an encoder could not be written down')
      })
    }
  }

  /** Tells what begins and what is over; what can't be written down is found again the next time. */
  function watch(standing: Standing): Promise<void> {
    return inTurn(standing, async () => {
      const { encoder } = standing
      const { id, owner_id: ownerId } = encoder.row
      if (!standings.has(id)) return
      // A server that was away heard nobody: that is not the encoder's silence.
      const silentMs = Math.max(0, now() - Math.max(encoder.reportedAt ?? 0, startedAt))
      const observation = { report: encoder.report, silentMs }
      const { episodes, notices } = observe(encoder.episodes, observation, alertLimits(ownerId), now())
      if (notices.length > 0) {
        const bodies = notices.map((notice) => JSON.stringify(messageOf(encoder, notice, now())))
        await keepEpisodes(db, { id, ownerId, episodes, bodies })
        options.onMessages()
      }
      encoder.episodes = episodes
    }).catch((error: unknown) => log.warn({ error }, 'an alert has to wait'))
  }

  function alertLimits(ownerId: UserId): AlertLimits {
    return limits.get(ownerId) ?? defaultLimits
  }

  let keeping: Promise<void> = Promise.resolve()
  const ticking = setInterval(() => {
    for (const standing of standings.values()) {
      standing.encoder.sample(now())
      void watch(standing)
    }
    keeping = keeping.then(() => keepDue(keepEveryMs))
  }, historyStepMs)
  ticking.unref()

  for (const row of await listAllEncoders(db)) add(new Encoder(row))

  return {
    get: (id) => standings.get(id)?.encoder,
    list: (ownerId) =>
      [...standings.values()].map(({ encoder }) => encoder).filter(({ row }) => row.owner_id === ownerId),

    async introduce(ownerId, id, request) {
      const made = await introduceEncoder(db, { ...request, id, ownerId })
      if (made === 'taken') throw new FleetError('id-taken', 'this id is taken')
      if (made === 'full') throw new FleetError('too-many-encoders', 'this account has too many encoders')
      const known = standings.get(id)
      if (known === undefined) return { encoder: add(new Encoder(made.row)).encoder, created: made.created }
      const { name, version, host } = made.row
      known.encoder.row = { ...known.encoder.row, name, version, host }
      return { encoder: known.encoder, created: made.created }
    },

    async report(encoder, report, signal) {
      const standing = standingOf(encoder)
      standing.wake()
      const before = encoder.report
      const wasTaken = encoder.row.order_taken
      encoder.report = report
      encoder.reportedAt = now()
      encoder.row.order_taken = isTaken(encoder.row, report.applied, now())
      standing.isDirty = true
      void watch(standing)
      const isNews = before?.state !== report.state || before?.event?.id !== report.event?.id
      if (isNews || wasTaken !== encoder.row.order_taken) standing.keptAt = 0
      const isNew = (): boolean => encoder.row.generation > report.applied
      if (!isNew() && !closed && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>()
        standing.wake = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
        await promise
      }
      return encoder.instructions(now())
    },

    async rename(encoder, name) {
      await renameEncoder(db, encoder.row.id, name)
      encoder.row = { ...encoder.row, name, renamed: true }
    },

    async remove(encoder) {
      const standing = standingOf(encoder)
      await inTurn(standing, () => deleteEncoder(db, encoder.row.id))
      standings.delete(encoder.row.id)
      standing.wake()
    },

    async order(encoder, request) {
      const standing = standingOf(encoder)
      await inTurn(standing, async () => {
        const order = orderOf(encoder, request, now())
        const at = new Date(now())
        await keepOrder(db, encoder.row.id, order, at)
        const { generation } = order
        encoder.row = { ...encoder.row, generation, last_order: order, ordered_at: at, order_taken: false }
      })
      standing.wake()
    },

    async schedule(encoder, { schedule }) {
      const standing = standingOf(encoder)
      await inTurn(standing, async () => {
        const generation = encoder.nextGeneration()
        const from = new Date(now()).toISOString()
        const kept = new Map(encoder.row.schedule.map((entry) => [entry.id, entry]))
        const entries = schedule.map((entry) => {
          const before = entry.id === undefined ? undefined : kept.get(entry.id)
          const after = { ...entry, id: before?.id ?? uuidV7(), weekdays: entry.weekdays.toSorted((a, b) => a - b) }
          // What is not changed stays what it was, also the occurrence that is under way.
          return { ...after, from: before !== undefined && isSame(before, after) ? before.from : from }
        })
        await keepSchedule(db, encoder.row.id, generation, entries)
        encoder.row = { ...encoder.row, generation, schedule: entries }
      })
      standing.wake()
    },

    alertLimits,

    async setAlertLimits(ownerId, changed) {
      await keepAlertLimits(db, ownerId, changed)
      limits.set(ownerId, changed)
    },

    async close() {
      closed = true
      clearInterval(ticking)
      for (const standing of standings.values()) standing.wake()
      await keeping
      await keepDue(0)
      await Promise.all([...standings.values()].map(({ turn }) => turn))
    },
  }
}

function orderOf(encoder: Encoder, request: OrderEncoderRequest, now: number): EncoderOrder {
  const generation = encoder.nextGeneration()
  if (request.action === 'stop') return { generation, action: 'stop', event: request.event }
  const isRecording = encoder.isOnline(now) && encoder.report?.state === 'recording'
  const view = encoder.view(now).order
  if (isRecording || (view?.action === 'start' && view.state === 'offered')) {
    throw new FleetError('already-recording', 'this encoder records already, or was asked to')
  }
  const day = new Date(now).toISOString().slice(0, 16).replace('T', ' ')
  return {
    ...{ generation, action: 'start', event: newRecordingId() },
    title: request.title?.trim() || `${encoder.row.name}, ${day}`,
    durationSeconds: request.durationSeconds ?? null,
  }
}

/** FL7. */
function messageOf({ row, report }: Encoder, { kind, phase, since, detail }: Notice, now: number): AlertMessage {
  const event = report?.event ?? null
  return {
    type: `encoder.${kind}.${phase}`,
    timestamp: new Date(now).toISOString(),
    data: {
      encoder: { id: row.id, name: row.name },
      ...{ kind, since: new Date(since).toISOString(), detail },
      event: event === null ? null : { id: event.id, title: event.title },
    },
  }
}

function isSame(one: object, other: object): boolean {
  const { from: _, ...rest } = one as Record<string, unknown>
  const sorted = (value: object): string => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  return sorted(rest) === sorted(other)
}
