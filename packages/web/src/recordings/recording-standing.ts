import type { RecordingView } from '@rushes/protocol'

export type Standing = {
  /** One or two words; null where everything is as it should be. */
  badge: { words: string; tone: 'live' | 'caution' | 'plain' } | null
  /** A sentence more, where one is needed. */
  note: string | null
}

/** How a recording stands, in words. */
export function standingOf(recording: RecordingView): Standing {
  if (recording.state === 'receiving') {
    return { badge: { words: 'Recording now', tone: 'live' }, note: null }
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
