// An encoder that is told what to do (DELIVERY.md, Fleet): it records what it is ordered to or its schedule says, one event
// at a time, while past ones are still delivered. It needs no server to follow what it was told last.
//
//   idle ── a start, or a due occurrence ──> written down ──> recording ── a stop, its time, its source's end ──> idle
import { mkdir, readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { EncoderInstructions, EncoderReport, IntroduceEncoderRequest } from '@rushes/protocol'
import { certificateName } from '../deliver/delivery-run.ts'
import type { EncodeOptions } from '../encode.ts'
import { lockFolder, openSpool } from '../spool/spool.ts'
import { encoderReport } from './encoder-report.ts'
import { type EventRun, runEvent } from './event-run.ts'
import { openReporter, type Reporter } from './reporter.ts'
import { dueOccurrence, nextOccurrence, occurrenceTitle } from './schedule.ts'
import { type CurrentEvent, keepStanding, readStanding, type Standing } from './standing-file.ts'

export type FleetEncoderOptions = {
  /** Where it keeps what it was told, and a spool for each event. */
  folder: string
  server: string
  introduction: IntroduceEncoderRequest
  segmentMs: number
  /** How events are recorded and delivered; `spoolBytes` is for all of them together. */
  encode: Omit<EncodeOptions, 'spool' | 'onProgress' | 'durationMs'>
  /** UUIDv7. */
  newId(): string
  onChange?(): void
  /** Between two reports when nothing happens; default 4. */
  everySeconds?: number
  /** ms since 1970. */
  now?(): number
}

export interface FleetEncoder {
  readonly id: string
  readonly report: EncoderReport
  /** Why the server is not reached; null when it is. */
  readonly serverError: string | null
  /** Leaves the event that is being recorded open, and everything else, for the next start. */
  close(): Promise<void>
}

const tickMs = 500
/** Of the limit, that a new event has whatever still waits. */
const leastShare = 0.1

/** @throws SpoolError */
export async function openFleetEncoder(options: FleetEncoderOptions): Promise<FleetEncoder> {
  const { folder, newId } = options
  const now = options.now ?? Date.now
  await mkdir(folder, { recursive: true, mode: 0o750 })
  const lock = lockFolder(folder)
  let standing: Standing = await readStanding(folder, newId).catch((error: unknown) => {
    lock.close()
    throw error
  })
  const eventsFolder = join(folder, 'events')
  let current: EventRun | null = null
  const draining = new Set<EventRun>()
  let diskFree: number | null = null
  let isOff = false
  let note: string | null = null
  let turn: Promise<unknown> = Promise.resolve()
  let reporter: Reporter | null = null

  const tell = (): void => options.onChange?.()

  /** What changes the standing comes one after the other. */
  function inTurn(change: () => Promise<void>): Promise<void> {
    const done = turn.then(change)
    turn = done.catch((cause: unknown) => {
      note = cause instanceof Error ? cause.message : String(cause)
      tell()
    })
    return turn as Promise<void>
  }

  async function keep(change: Partial<Standing>): Promise<void> {
    const changed = { ...standing, ...change }
    await keepStanding(folder, changed)
    standing = changed
  }

  function run(event: CurrentEvent): EventRun {
    const { id, title } = event
    const waiting = [...draining].reduce((sum, { standing: { counts } }) => sum + counts.pendingBytes, 0)
    const limit = options.encode.spoolBytes
    return runEvent({
      ...{ folder: join(eventsFolder, id), event, onChange: tell },
      head: { id, title, server: options.server, segmentMs: options.segmentMs, epochMs: event.startedAt },
      encode: { ...options.encode, spoolBytes: Math.max(limit - waiting, limit * leastShare) },
    })
  }

  function drain(run: EventRun): void {
    draining.add(run)
    void run.done.then(() => {
      draining.delete(run)
      reporter?.wake()
    })
  }

  function record(event: CurrentEvent): void {
    const started = run(event)
    // Its time went by while nobody was here.
    if (event.endsAt !== null && event.endsAt <= now()) started.finish()
    current = started
    note = null
    reporter?.wake()
    void started.recorded.then(() =>
      inTurn(async () => {
        if (isOff || current !== started) return
        current = null
        drain(started)
        reporter?.wake()
        await keep({ current: null })
      }),
    )
  }

  /** Written down before it begins: an order whose answer is lost, or a process that is killed, starts nothing twice. */
  async function begin(event: CurrentEvent, change: Partial<Standing>): Promise<void> {
    await keep({ ...change, current: event })
    record(event)
    void makeRoom().catch(() => {})
  }

  async function follow({ generation, order, schedule }: EncoderInstructions): Promise<void> {
    if (generation <= standing.applied) return
    const entries = new Set(schedule.map(({ id }) => id))
    const taken = Object.fromEntries(Object.entries(standing.taken).filter(([id]) => entries.has(id)))
    const change = { applied: generation, schedule, taken }
    const isNew = order !== null && order.generation > standing.applied
    if (isNew && order.action === 'start' && current === null) {
      const { event: id, title, durationSeconds } = order
      const startedAt = now()
      const endsAt = durationSeconds === null ? null : startedAt + durationSeconds * 1000
      await begin({ id, title, startedAt, endsAt }, change)
      return
    }
    if (isNew && order.action === 'start') note = 'a start was ordered while another event is recorded'
    await keep(change)
    if (isNew && order.action === 'stop' && current?.id === order.event) current.finish()
    reporter?.wake()
  }

  async function tick(): Promise<void> {
    if (isOff) return
    const event = standing.current
    if (current !== null && event?.endsAt != null && now() >= event.endsAt) current.finish()
    if (current !== null) return
    const due = dueOccurrence(standing.schedule, standing.taken, now())
    if (due === null) return
    const taken = { ...standing.taken, [due.entry.id]: due.startsAt }
    await begin({ id: newId(), title: occurrenceTitle(due), startedAt: now(), endsAt: due.endsAt }, { taken })
  }

  /** What a new event may need is taken from those that are delivered to the last byte; their lists and certificates stay. */
  async function makeRoom(): Promise<void> {
    for (const name of await readdir(eventsFolder).catch((): string[] => [])) {
      const path = join(eventsFolder, name)
      if (name === current?.id || [...draining].some(({ id }) => id === name)) continue
      if (!(await readdir(path)).includes(certificateName)) continue
      const spool = await openSpool(path)
      try {
        for (const file of spool.removable(Number.MAX_SAFE_INTEGER)) {
          await spool.files.remove(file.name)
          spool.markRemoved(file.name)
        }
      } finally {
        spool.close()
      }
    }
  }

  /** What the process before this one left. */
  async function takeUp(): Promise<void> {
    for (const id of await readdir(eventsFolder).catch((): string[] => [])) {
      const left = await readdir(join(eventsFolder, id)).catch((): string[] => [])
      if (id === standing.current?.id || !left.includes('spool.sqlite') || left.includes(certificateName)) continue
      const spool = await openSpool(join(eventsFolder, id))
      const { title, epochMs: startedAt } = spool.head
      spool.close()
      const past = run({ id, title, startedAt, endsAt: null })
      past.finish()
      drain(past)
    }
    if (standing.current !== null) record(standing.current)
  }

  function report(): EncoderReport {
    const events = [...(current === null ? [] : [current]), ...draining].map(({ standing: one }) => one)
    const made = encoderReport(
      {
        ...{ applied: standing.applied, events, isRecording: current !== null, diskFree, isOff },
        spoolLimit: options.encode.spoolBytes,
        nextStart: nextOccurrence(standing.schedule, now())?.startsAt ?? null,
      },
      now(),
    )
    return { ...made, lastError: made.lastError ?? note }
  }

  try {
    await takeUp()
  } catch (error) {
    lock.close()
    throw error
  }
  const ticking = setInterval(() => void inTurn(tick), tickMs)
  reporter = openReporter({
    ...{ server: options.server, key: options.encode.key, id: standing.id, introduction: options.introduction },
    ...(options.everySeconds !== undefined && { everySeconds: options.everySeconds }),
    async report() {
      const disk = await statfs(folder).catch(() => null)
      diskFree = disk === null ? null : disk.bavail * disk.bsize
      return report()
    },
    async onInstructions(instructions) {
      await inTurn(() => follow(instructions))
      tell()
    },
  })

  return {
    id: standing.id,
    get report() {
      return report()
    },
    get serverError() {
      return reporter?.lastError ?? null
    },
    async close() {
      clearInterval(ticking)
      isOff = true
      await turn
      const runs = [...(current === null ? [] : [current]), ...draining]
      await Promise.all(runs.map((each) => each.suspend()))
      await reporter?.close()
      lock.close()
    },
  }
}
