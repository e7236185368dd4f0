import type { ImportState } from '@rushes/protocol'
import type { ArchiveUpload } from '@rushes/uploader'
import { formatBytes, lengthWords } from '../figures.ts'
import { refusalWords } from '../upload/upload-words.ts'

export const importWords: Readonly<Record<ImportState, string>> = {
  receiving: 'Arrives',
  converting: 'Being taken apart',
  converted: 'To be looked at',
  keeping: 'Being kept',
  kept: 'Kept',
  failed: 'Failed',
}

export const importBadges: Readonly<Record<ImportState, string>> = {
  receiving: 'badge',
  converting: 'badge badge-caution',
  converted: 'badge badge-caution',
  keeping: 'badge',
  kept: 'badge badge-safe',
  failed: 'badge badge-problem',
}

/** How sending it stands, in a line. */
export function sendingWords(
  { state, safe, file }: Pick<ArchiveUpload, 'state' | 'safe' | 'file'>,
  { rate, leftMs }: { rate: number; leftMs: number | null },
): string {
  const share = `${formatBytes(safe)} of ${formatBytes(file.size)}`
  switch (state.state) {
    case 'preparing':
      return 'Getting ready …'
    case 'sending': {
      const speed = rate > 0 ? `, ${formatBytes(rate)} a second` : ''
      const left = leftMs === null ? '' : `, about ${lengthWords(Math.max(1000, leftMs))} left`
      return `${share} safe on the server${speed}${left}`
    }
    case 'waiting':
      return `${share} safe. The server does not answer; it goes on by itself.`
    case 'paused':
      return `Paused. ${share} safe on the server`
    case 'sent':
      return 'All of it is safe on the server.'
    case 'refused':
      return refusalWords(state.fault)
  }
}
