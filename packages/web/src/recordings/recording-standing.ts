import type { DeliveryView, LiveView, RecordingView } from '@rushes/protocol'
import { formatBytes, lengthWords } from '../figures.ts'

export type Standing = {
  /** One or two words; null where everything is as it should be. */
  badge: { words: string; tone: 'live' | 'caution' | 'plain' } | null
  /** A sentence more, where one is needed. */
  note: string | null
}

/** A segment or two are on their way whenever a sender is at work. */
const worthSayingMs = 15_000
/** Many segments' time, and more than a restart of an encoder takes. */
const silenceMs = 30_000

/** How a delivery stands that is not all here. */
export function arrivalStanding({ state, files, bytes, playableMs, silentMs }: DeliveryView): Standing {
  const isSilent = silentMs > silenceMs
  const silence = `Nothing has arrived for ${lengthWords(silentMs)}; it goes on by itself.`
  if (state !== 'live') {
    const percent = bytes.listed === 0 ? 100 : Math.floor((100 * bytes.here) / bytes.listed)
    const rest = `The event is over. ${percent} % has arrived, ${formatBytes(bytes.listed - bytes.here)} are still to come.`
    return {
      badge: { words: 'Arriving', tone: isSilent ? 'caution' : 'plain' },
      note: isSilent ? `${rest} ${silence}` : rest,
    }
  }
  if (files.here === 0) return { badge: { words: 'Not begun', tone: 'plain' }, note: 'Nothing has arrived yet.' }
  if (isSilent) return { badge: { words: 'Interrupted', tone: 'caution' }, note: silence }
  const lateMs = playableMs.listed - playableMs.here
  const late = lateMs < worthSayingMs ? null : `The last ${lengthWords(lateMs)} are still on their way here.`
  return { badge: { words: 'Live', tone: 'live' }, note: late }
}

/** Longer than from one fragment to the next on a bad network. */
const pausedMs = 5000

/** How a recording stands that can be watched while it is made. */
export function liveStanding({ isSent, silentMs }: LiveView): Standing {
  if (!isSent) {
    const note = 'The sender is away. It goes on here by itself when the sender is back.'
    return { badge: { words: 'Interrupted', tone: 'caution' }, note }
  }
  if (silentMs < pausedMs) return { badge: { words: 'Recording now', tone: 'live' }, note: null }
  const note = 'Nothing is being recorded at the moment. It goes on here by itself.'
  return { badge: { words: 'Paused', tone: 'plain' }, note }
}

/** How a recording stands, in words. */
export function standingOf(recording: RecordingView): Standing {
  if (recording.state === 'receiving') {
    const { delivery, live } = recording
    if (live != null) return liveStanding(live)
    if (delivery === null) return { badge: { words: 'Recording now', tone: 'live' }, note: null }
    return arrivalStanding(delivery)
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
