import type { KeptReason, RecordingNotice, RecordingProgress } from '@rushes/recorder'
import { formatBytes } from '../figures.ts'

export type DeliveryTone = 'safe' | 'plain' | 'caution'
export type DeliveryWords = {
  words: string
  tone: DeliveryTone
  /** The same without figures, for screen readers: it changes only when something happens. */
  spoken: string
}

/** Live media is always a little ahead of its acknowledgement; more than this is a queue. */
const movingBytes = 1_000_000

/** Where the bytes are, in plain words. */
export function deliveryWords(progress: RecordingProgress, ended: boolean): DeliveryWords {
  const { recordedBytes, waitingBytes, connection } = progress
  const waiting = formatBytes(waitingBytes)
  if (recordedBytes === 0) return { words: 'Starting …', tone: 'plain', spoken: '' }
  if (waitingBytes === 0) return { words: 'All safe', tone: 'safe', spoken: 'All safe on the server.' }
  if (connection === 'sending') {
    if (ended) return { words: `Sending the last ${waiting}`, tone: 'plain', spoken: 'Sending the rest.' }
    if (waitingBytes < movingBytes) {
      return { words: 'Safe as you go', tone: 'safe', spoken: 'All safe on the server.' }
    }
    return { words: `Catching up: ${waiting} on the way`, tone: 'plain', spoken: 'Catching up with the server.' }
  }
  const going = ended ? 'nothing is lost' : 'still recording'
  if (connection === 'idle') {
    return {
      words: `${waiting} kept on this device: the server refused them; ${going}`,
      tone: 'caution',
      spoken: `The server refused the recording. It is kept on this device; ${going}.`,
    }
  }
  return {
    words: `${waiting} waiting: the server is away; ${going}`,
    tone: 'caution',
    spoken: `The server is away; ${going}.`,
  }
}

/** Why a stopped recording is not on the server yet, and what happens next. */
export function keptWords(reason: KeptReason): string {
  switch (reason) {
    case 'offline':
      return 'The server can’t be reached. The rest is sent by itself as soon as it is back, or when you next open Rushes.'
    case 'forbidden':
      return 'You are not signed in. Sign in again: the rest is sent then.'
    default:
      return `The server did not take it (${reason}). Download the file to be sure, and ask whoever runs the server.`
  }
}

const noticeWords: Partial<Record<RecordingNotice['code'], string>> = {
  'spool-in-memory':
    'This browser gives no storage here, so what is not yet on the server is only in memory. Keep this tab open until all is safe.',
  'spool-full':
    'This device’s storage is full. Recording goes on in memory: free some space, and keep this tab open until all is safe.',
  'spool-recovered': 'There is room on this device again.',
  'memory-full': 'Neither storage nor memory has room. Stop the recording: everything up to here is kept.',
}

export function noticeText(notice: RecordingNotice): string {
  return noticeWords[notice.code] ?? notice.message
}
