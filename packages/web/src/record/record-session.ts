// The one recording of this tab. It lives outside of the page, so that looking at the library does not end it.
//
//   setup ── begin ──> opening ──> countdown ──> starting ──> live ── stop ──> stopping ──> done
//     ^                   │            │             │          │                  └──> kept ──> done, once the server
//     ├──── problem ──────┴─ cancel ───┼── problem ──┘          │                       is back
//     │                                └─────── restart ────────┤
//     └────────────── discarding, eight seconds ────────────────┘  undo leads back to live

import type { RecordingView } from '@rushes/protocol'
import {
  type Capture,
  CaptureError,
  type CaptureOptions,
  type KeptReason,
  openCapture,
  type Recording,
  type RecordingProgress,
  startRecording,
} from '@rushes/recorder'
import { copyLater } from '../app/clipboard.ts'
import { formatDate, formatLength } from '../figures.ts'
import { shareLink } from '../recordings/share-actions.ts'
import { withoutDevice } from './capture-options.ts'
import { captureWords } from './capture-words.ts'
import { noticeText } from './delivery-words.ts'
import { setLiveChip } from './live-chip.ts'

export type RecordState =
  | { step: 'setup'; problem: string; instead?: Instead | null }
  | { step: 'opening' }
  | { step: 'countdown'; capture: Capture; left: number }
  | { step: 'starting'; capture: Capture }
  | { step: 'live'; capture: Capture; recording: Recording; paused: boolean }
  | { step: 'discarding'; capture: Capture; recording: Recording; left: number; wasPaused: boolean }
  | { step: 'stopping'; recording: Recording }
  | { step: 'kept'; recording: Recording; reason: KeptReason }
  | { step: 'done'; recording: RecordingView; link: string | null; copied: boolean; notice: string }

/** What can be recorded all the same, and how it is offered. */
export type Instead = { words: string; begin: BeginOptions }

export type BeginOptions = { capture: CaptureOptions; countdownSeconds: number }

let state: RecordState = { step: 'setup', problem: '' }
let progress: RecordingProgress | null = null
/** As it was begun; a restart counts down again. */
let countdownSeconds = 0
/** The last thing the recorder had to say; shown to the end. */
let notice = ''
/** The link of the recording that is being stopped, asked for in the click. */
let promised: { link: Promise<string>; copied: Promise<boolean> } | null = null
const listeners = new Set<() => void>()

export function recordState(): RecordState {
  return state
}

export function recordProgress(): RecordingProgress | null {
  return progress
}

/** Something the recorder had to say about the running recording; empty where all is well. */
export function recordNotice(): string {
  return notice
}

/** Calls `listener` on each change of the state or the progress; gives back what ends it. */
export function onRecord(listener: () => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

function change(next: RecordState): void {
  state = next
  if (next.step === 'done' || next.step === 'setup') progress = null
  announce()
}

function announce(): void {
  const clock = formatLength(progress?.durationMs ?? 0)
  const chips: Partial<Record<RecordState['step'], string>> = {
    live: state.step === 'live' && state.paused ? `Paused ${clock}` : clock,
    discarding: 'Discarding …',
    stopping: 'Sending …',
    kept: 'Waiting …',
  }
  setLiveChip(chips[state.step] ?? null)
  for (const listener of listeners) listener()
}

/** Opens the sources, counts down, records. Call it from a click: browsers ask for one before sharing a screen. */
export async function begin(options: BeginOptions): Promise<void> {
  if (state.step !== 'setup' && state.step !== 'done') return
  change({ step: 'opening' })
  let capture: Capture
  try {
    capture = await openCapture(options.capture)
  } catch (fault) {
    const left = fault instanceof CaptureError ? withoutDevice(options.capture, fault.source) : null
    const instead = left && { words: left.words, begin: { ...options, capture: left.capture } }
    change({ step: 'setup', problem: captureWords(fault), instead })
    return
  }
  countdownSeconds = options.countdownSeconds
  await countDown(capture)
}

async function countDown(capture: Capture): Promise<void> {
  for (let left = countdownSeconds; left > 0; left--) {
    change({ step: 'countdown', capture, left })
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const now = recordState()
    if (now.step !== 'countdown' || now.capture !== capture) return // cancelled
  }
  await record(capture)
}

export function cancelCountdown(): void {
  if (state.step !== 'countdown') return
  state.capture.close()
  change({ step: 'setup', problem: '' })
}

async function record(capture: Capture): Promise<void> {
  // Until the new one runs no key or button may reach an older one, nor cancel what is about to run.
  change({ step: 'starting', capture })
  let recording: Recording
  try {
    recording = await startRecording({ server: '', capture, title: `Recording of ${formatDate(new Date())}` })
  } catch (fault) {
    capture.close()
    change({ step: 'setup', problem: captureWords(fault) })
    return
  }
  notice = ''
  change({ step: 'live', capture, recording, paused: false })
  recording.on('progress', (next) => {
    if (restarted.has(recording)) return
    progress = next
    announce()
  })
  let tellsLoss = false
  recording.on('notice', (next) => {
    notice = noticeText(next)
    tellsLoss = next.code === 'source-ended'
    announce()
  })
  capture.on('source-changed', ({ source }) => {
    if (!tellsLoss || !source.live) return
    notice = '' // another device took its place
    tellsLoss = false
    announce()
  })
  recording.on('state', (next) => {
    if (restarted.has(recording)) return // its place is taken
    if (next.state === 'recording' || next.state === 'paused') {
      if (state.step === 'live') change({ ...state, paused: next.state === 'paused' })
    } else if (next.state === 'stopping') {
      change({ step: 'stopping', recording })
    } else if (next.state === 'kept') {
      capture.close()
      change({ step: 'kept', recording, reason: next.reason })
    } else if (next.state === 'published') {
      capture.close()
      void show(next.recording)
    } else if (next.state === 'cancelled') {
      capture.close()
      const problem = state.step === 'stopping' ? 'It was stopped before the first picture or sound. Try again.' : ''
      change({ step: 'setup', problem })
    } else if (next.state === 'failed') {
      capture.close()
      change({ step: 'setup', problem: `The recording ended: ${next.error.message}` })
    }
  })
  // The user ended the sharing in the browser's own bar.
  capture.on('ended', () => void stop())
}

/** Recordings that were thrown away for a new one of the same sources. */
const restarted = new WeakSet<Recording>()

export function pauseOrResume(): void {
  if (state.step !== 'live') return
  if (state.paused) state.recording.resume()
  else state.recording.pause()
}

/** Ends the recording; the link is copied within the click that asked for it. */
export async function stop(): Promise<void> {
  if (state.step !== 'live') return
  const { recording } = state
  change({ step: 'stopping', recording })
  const link = recording.stop().then(shareLink)
  promised = { link, copied: copyLater(link) }
  // Whether it is published, kept or failed is said by the state's event.
  await link.catch(() => undefined)
}

async function show(recording: RecordingView): Promise<void> {
  const asked = promised
  promised = null
  change({ step: 'done', recording, link: null, copied: false, notice })
  try {
    const link = await (asked?.link ?? shareLink(recording)).catch(() => shareLink(recording))
    const copied = (await asked?.copied) ?? false
    const now = recordState()
    if (now.step === 'done' && now.recording.id === recording.id) change({ ...now, link, copied })
  } catch {
    // No link: the page offers to make one.
  }
}

/** Throws away what was recorded and begins anew with the same sources, after a countdown as at the start. */
export async function restart(): Promise<void> {
  if (state.step !== 'live') return
  const { capture, recording } = state
  restarted.add(recording)
  progress = null
  capture.annotations.clear()
  recording.cancel().catch(() => {}) // as far as the server is there; else it ends by its quiet time
  await countDown(capture)
}

/** For how long a discarded recording can be taken back, seconds. */
const undoSeconds = 8

/** Stops recording, and in some seconds throws it away, here and on the server; until then {@link undoDiscard} helps. */
export async function discard(): Promise<void> {
  if (state.step !== 'live') return
  const { capture, recording, paused: wasPaused } = state
  if (!wasPaused) recording.pause()
  for (let left = undoSeconds; left > 0; left--) {
    change({ step: 'discarding', capture, recording, left, wasPaused })
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const now = recordState()
    if (now.step !== 'discarding' || now.recording !== recording) return // taken back, or deleted at once
  }
  await recording.cancel() // its event leads back to the choices
}

export function undoDiscard(): void {
  if (state.step !== 'discarding') return
  const { capture, recording, wasPaused } = state
  change({ step: 'live', capture, recording, paused: true })
  if (!wasPaused) recording.resume()
}

/** Does not wait for the seconds. */
export async function discardNow(): Promise<void> {
  if (state.step === 'discarding') await state.recording.cancel()
}

/** Back to the choices. */
export function again(): void {
  if (state.step === 'done' || state.step === 'kept') change({ step: 'setup', problem: '' })
}

/** The page changed the title of what it shows. */
export function renamed(title: string): void {
  if (state.step === 'done') change({ ...state, recording: { ...state.recording, title } })
}

// A reload loses nothing that is in the spool, but it ends the recording: browsers ask first.
window.addEventListener('beforeunload', (event) => {
  if (['countdown', 'starting', 'live', 'discarding', 'stopping'].includes(state.step)) event.preventDefault()
})
