// Recordings of earlier visits that are not on the server yet. They are delivered in the background, whichever page is
// shown, once somebody is signed in; each can be taken as a file meanwhile, without a server or an account too.
//
//   sending ──> published | kept ── again ──> sending

import type { RecordingView } from '@rushes/protocol'
import {
  type ConnectionState,
  deleteSpool,
  exportSpool,
  listSpools,
  recoverRecordings,
  type SpoolView,
} from '@rushes/recorder'
import { faultWords } from '../app/fault-words.ts'
import { session } from '../app/session.ts'
import { toast } from '../app/toasts.ts'
import { fileName } from '../recordings/recording-links.ts'
import { keptWords } from './delivery-words.ts'

export type Restoring = { spool: SpoolView } & (
  | { state: 'sending'; safeBytes: number; totalBytes: number; connection: ConnectionState }
  | { state: 'published'; recording: RecordingView }
  /** `signedOut`: all that can be done is to take it as a file. */
  | { state: 'kept'; words: string; signedOut?: true }
)

let shown: Restoring[] = []
let running = false
const listeners = new Set<() => void>()

export function restoring(): readonly Restoring[] {
  return shown
}

export function onRestore(listener: () => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

function put(next: Restoring): void {
  const index = shown.findIndex(({ spool }) => spool.id === next.spool.id)
  shown = index < 0 ? [...shown, next] : shown.with(index, next)
  for (const listener of listeners) listener()
}

function drop(spoolId: string): void {
  shown = shown.filter(({ spool }) => spool.id !== spoolId)
  for (const listener of listeners) listener()
}

/** A server that is away may still know us: trying goes on until it says something else. */
async function isSignedOut(): Promise<boolean> {
  return session().then(
    ({ user }) => user === null,
    () => false,
  )
}

/** Looks for unsent recordings and delivers them; once at a time. Where nobody is signed in, it only shows them. */
export async function restoreRecordings(): Promise<void> {
  if (running) return
  running = true
  try {
    for (const spool of await listSpools()) {
      if (spool.busy || spool.heldBytes === 0) continue
      put({ spool, state: 'sending', safeBytes: 0, totalBytes: spool.heldBytes, connection: 'creating' })
    }
    if (await isSignedOut()) {
      for (const { spool, state } of shown) {
        if (state === 'sending') put({ spool, state: 'kept', words: keptWords('forbidden'), signedOut: true })
      }
      return
    }
    const outcomes = await recoverRecordings({
      server: '',
      onProgress: ({ spool, safeBytes, totalBytes, connection }) => {
        put({ spool, state: 'sending', safeBytes, totalBytes, connection })
      },
    })
    for (const outcome of outcomes) {
      const { spool } = outcome
      if (outcome.outcome === 'published') put({ spool, state: 'published', recording: outcome.recording })
      else if (outcome.outcome === 'kept') put({ spool, state: 'kept', words: keptWords(outcome.reason) })
      else if (outcome.outcome === 'failed') put({ spool, state: 'kept', words: faultWords(outcome.error) })
      else drop(spool.id)
    }
    const published = outcomes.filter(({ outcome }) => outcome === 'published').length
    if (listeners.size === 0 && published > 0) {
      toast(published === 1 ? 'Your last recording is restored.' : `${published} recordings are restored.`)
    }
  } catch (fault) {
    toast(`Unsent recordings could not be looked for: ${faultWords(fault)}`, 'problem')
  } finally {
    running = false
  }
}

/** No longer shown; the recording itself is where it was. */
export function dismissRestored(spoolId: string): void {
  drop(spoolId)
}

/** Deletes what waits on this device. @throws SpoolError */
export async function forgetRecording(spoolId: string): Promise<void> {
  await deleteSpool(spoolId)
  drop(spoolId)
}

/** Gives what is kept on this device as a file that plays. */
export async function saveRecordingFile(spoolId: string, title = 'recording'): Promise<void> {
  try {
    const file = await exportSpool(spoolId)
    const link = document.createElement('a')
    link.href = URL.createObjectURL(file)
    link.download = fileName(title, file.type.includes('webm') ? 'webm' : 'mp4')
    link.click()
    // The browser reads it after the click; it says nowhere when it is done.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  } catch (fault) {
    toast(`The file could not be made: ${faultWords(fault)}`, 'problem')
  }
}
