import type { DeliveryView, RecordingView } from '@rushes/protocol'
import { formatBytes, lengthWords } from '../figures.ts'

export type Standing = {
  /** One or two words; null where everything is as it should be. */
  badge: { words: string; tone: 'live' | 'caution' | 'plain' } | null
  /** A sentence more, where one is needed. */
  note: string | null
}

/** A segment or two are on their way whenever a sender is at work. */
const worthSayingMs = 15_000

/** What of a delivery is still on its way; null where nothing is to be said of it. */
export function arrivalWords({ state, bytes, playableMs }: DeliveryView): string | null {
  if (bytes.listed === 0) return 'Nothing has arrived yet.'
  if (state === 'live') {
    const lateMs = playableMs.listed - playableMs.here
    return lateMs < worthSayingMs ? null : `The last ${lengthWords(lateMs)} are still on their way here.`
  }
  const percent = Math.floor((100 * bytes.here) / bytes.listed)
  return `It is over; ${percent} % has arrived, ${formatBytes(bytes.listed - bytes.here)} are still to come.`
}

/** How a recording stands, in words. */
export function standingOf(recording: RecordingView): Standing {
  if (recording.state === 'receiving') {
    const { delivery } = recording
    if (delivery === null) return { badge: { words: 'Recording now', tone: 'live' }, note: null }
    return delivery.state === 'live'
      ? { badge: { words: 'Live', tone: 'live' }, note: arrivalWords(delivery) }
      : { badge: { words: 'Arriving', tone: 'plain' }, note: arrivalWords(delivery) }
  }
  if (recording.damage !== null) {
    return {
      badge: { words: 'Damaged', tone: 'caution' },
      note: `Something was wrong with the recording, and it is published up to there: ${recording.damage.message}`,
    }
  }
  if (!isWatchable(recording)) {
    return {
      badge: { words: 'Needs converting', tone: 'caution' },
      note: recording.viewNote ?? 'Browsers can’t play this recording as it is.',
    }
  }
  if (recording.endReason === 'quiet') {
    return {
      badge: { words: 'Never stopped', tone: 'plain' },
      note: 'The recorder went away without stopping; this is published as far as it came.',
    }
  }
  return { badge: null, note: null }
}

/** Whether there is a file that players can open. */
export function isWatchable(recording: RecordingView): boolean {
  return recording.mp4State === 'ready' || recording.webmState === 'ready'
}
