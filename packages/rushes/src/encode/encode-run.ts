// One event, or of a spool root one after the other: while the next is recorded, those before it go out.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  type Encode,
  type EncodeProgress,
  type EncoderStatus,
  encoderStatus,
  openSpool,
  openTokenBucket,
  type Spool,
  type SpoolHead,
  startEncode,
} from '@rushes/encoder'
import { CommandError } from '../output.ts'
import { statusLine } from '../status/status-line.ts'
import { openReport } from '../status/status-report.ts'
import { type Backlog, openBacklog } from './backlog.ts'
import { newDeliveryId } from './delivery-id.ts'
import { deliveryOptions } from './delivery-options.ts'
import type { EncodeEnd } from './encode-end.ts'
import type { EncodeCommandOptions } from './encode-options.ts'
import { encodeInFleet } from './fleet-command.ts'
import { openServiceNotice } from './service-notice.ts'
import { openCurrentEvent } from './spool-root.ts'
import { watchStopSignals } from './stop-signals.ts'

type Recording = { spool: Spool; run: Encode | null; progress: EncodeProgress | null; isClosed: boolean }

/** Waits for orders and for its schedule, and does what they say, until it is stopped. @param checkAgain as below */
export async function encodeOrders(
  options: EncodeCommandOptions,
  checkAgain: () => Promise<string | null>,
): Promise<EncodeEnd> {
  const { fleet, spool, server, segment, json } = options
  return encodeInFleet({
    ...{ name: fleet!, spool: spool!, server, segmentMs: segment * 1000, encode: eventOptions(options) },
    ...{ isQuiet: json === true, checkAgain },
  })
}

/** @param checkAgain why the command can't be started again; null: it can */
export async function encode(
  options: EncodeCommandOptions,
  checkAgain: () => Promise<string | null>,
): Promise<EncodeEnd> {
  const delivery = deliveryOptions(options)
  const bucket = openTokenBucket(delivery.limit!)
  const notice = openServiceNotice()
  const ended: Recording[] = []
  let current = await openRecording(options)
  let backlog: Backlog | null = null

  const report = await openReport(options, () => {
    let words = 'its spool can not be read'
    try {
      const older = [...ended.map(({ spool }) => waitingIn(spool)), ...(backlog === null ? [] : [backlog.waiting])]
      const status = statusOf(current, options.spoolLimit, older)
      words = status === null ? 'beginning' : statusLine(status)
      return status
    } finally {
      // Whatever the figures are, it is alive.
      notice.status(words)
    }
  }).catch((error: unknown) => {
    close(current)
    throw error
  })
  const signals = watchStopSignals({
    checkAgain,
    note: report.note,
    onWish(wish) {
      if (wish === 'finish') current.run?.finish()
      else for (const { run } of [current, ...ended]) run?.suspend()
    },
  })
  if (options.spoolRoot !== undefined) {
    const keepMs = options.keep === undefined ? null : options.keep * 86_400_000
    backlog = openBacklog({
      ...{ ...delivery, bucket, root: resolve(options.spoolRoot), keepMs, mostBytes: options.spoolLimit },
      ...{ onChange: report.tell, note: report.note },
    })
  }

  async function record(): Promise<void> {
    const event = current
    const { duration } = options
    event.run = await startEncode({
      ...{ ...eventOptions(options), bucket, spool: event.spool },
      ...(duration !== undefined && { durationMs: duration * 1000 }),
      onProgress(now) {
        event.progress = now
        if (event === current) report.tell()
      },
    })
    if (signals.wish === 'finish') event.run.finish()
    else if (signals.wish !== 'record') event.run.suspend()
    notice.ready()
    await event.run.recorded
  }

  /** It goes out beside the next. */
  function setAside(event: Recording): void {
    ended.push(event)
    event
      .run!.done.then(
        () => report.note(`delivered ${event.spool.folder}`),
        (error: unknown) => report.note(`${event.spool.folder}: ${(error as Error).message}`),
      )
      .finally(() => {
        ended.splice(ended.indexOf(event), 1)
        close(event)
      })
  }

  try {
    for (;;) {
      await record()
      const goesOn = options.spoolRoot !== undefined && signals.wish === 'record'
      if (!goesOn || current.run?.progress.state === 'suspended') break
      setAside(current)
      current = await openRecording(options)
      backlog?.wake()
    }
    if (signals.wish === 'restart') await notice.reloading()
    else notice.stopping()
    const { run, spool } = current
    const certificate = await run!.done
    const { segments, bytes, lost, totals, delivery: sent } = run!.progress
    const { withdrawn } = totals
    const { pending } = spool.counts()
    const { retransmitted, shareUrl } = sent
    const result = {
      id: spool.head.id,
      segments,
      bytes,
      lost,
      withdrawn,
      pending,
      retransmitted,
      shareUrl,
      certificate,
    }
    return { result, startAgain: signals.wish === 'restart' }
  } finally {
    await backlog?.stop()
    for (const { run } of ended) run?.suspend()
    await Promise.allSettled(ended.map(({ run }) => run!.done))
    report.close()
    signals.close()
    for (const event of [current, ...ended]) close(event)
  }
}

async function openRecording(options: EncodeCommandOptions): Promise<Recording> {
  return { spool: await openEvent(options), run: null, progress: null, isClosed: false }
}

function close(event: Recording): void {
  if (!event.isClosed) event.spool.close()
  event.isClosed = true
}

/** What every event of this encoder is recorded and delivered with. */
function eventOptions(options: EncodeCommandOptions) {
  const { rendition, video, audio, input, pace, spoolLimit, whenFull } = options
  return {
    ...deliveryOptions(options),
    ...{ pace, inputs: input, renditions: rendition, videoCodec: video, audioCodec: audio },
    spoolBytes: spoolLimit,
    whenFull,
  }
}

type Older = EncoderStatus['older']

function waitingIn(spool: Spool): Older {
  const { pending, pendingBytes } = spool.counts()
  return { events: 1, files: pending, bytes: pendingBytes }
}

function statusOf({ spool, progress }: Recording, limitBytes: number, older: readonly Older[]): EncoderStatus | null {
  if (progress === null) return null
  return encoderStatus({
    ...{ now: Date.now(), head: spool.head, counts: spool.counts(), limitBytes, totals: progress.totals, progress },
    older: {
      events: older.reduce((sum, { events }) => sum + events, 0),
      files: older.reduce((sum, { files }) => sum + files, 0),
      bytes: older.reduce((sum, { bytes }) => sum + bytes, 0),
    },
  })
}

/** A spool that is not done is gone on with: the same event, on the same timeline. */
async function openEvent(options: EncodeCommandOptions): Promise<Spool> {
  if (options.spoolRoot !== undefined) return openCurrentEvent(resolve(options.spoolRoot), () => newHead(options))
  const folder = resolve(options.spool!)
  if (!existsSync(join(folder, 'spool.sqlite'))) return openSpool(folder, newHead(options))
  const spool = await openSpool(folder)
  if (!spool.ended) return spool
  spool.close()
  throw new CommandError(
    'spool-ended',
    `the event in ${folder} has ended: give another folder, or deliver what is left with rushes spool resume`,
  )
}

function newHead(options: EncodeCommandOptions): SpoolHead {
  const title = options.title ?? `Event of ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`
  const server = options.server.replace(/\/+$/, '')
  return { id: newDeliveryId(), title, server, segmentMs: options.segment * 1000, epochMs: Date.now() }
}
