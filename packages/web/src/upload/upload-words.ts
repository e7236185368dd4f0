import type { UploadFault, UploadState } from '@rushes/uploader'
import { formatBytes, lengthWords } from '../figures.ts'

const byCode: Record<string, string> = {
  'empty-file': 'This file is empty.',
  'digest-mismatch': 'The file changed while it was sent. Choose it again to send it as it is now.',
  unreadable: 'The browser can’t read this file any more. Choose it again to go on.',
  'file-too-large': 'This file is larger than this server takes.',
  'storage-full': 'The server’s disk has no room for this file. Ask whoever runs it to make room.',
  'too-many-uploads': 'Too many uploads of yours are not complete. Finish or discard some of them first.',
  'bad-metadata': 'The server does not take a file of this name.',
  superseded: 'Another tab or program uploads this file by now, and goes on there.',
  unauthenticated: 'You are signed out. Sign in, then choose the file again: it goes on where it was.',
  'invalid-credentials': 'You are signed out. Sign in, then choose the file again: it goes on where it was.',
}

/** Why a file is not sent, and what to do. */
export function refusalWords(fault: UploadFault): string {
  if (fault.code === 'not-media') {
    const reason = fault.message.replace(/: neither Matroska nor MP4$/, '')
    return `This can’t be played, so it was not uploaded: ${reason}. MP4, MOV, WebM and Matroska files are taken. Archives of other systems, and whatever else it is, can be converted: see Convert.`
  }
  if (fault.code === 'nothing-playable') return `Nothing in this file can be played: ${fault.message}.`
  return byCode[fault.code] ?? `This file was not uploaded: ${fault.message}.`
}

/** How one file stands, in a line. */
export function uploadWords(state: UploadState, safe: number, size: number): string {
  const share = `${formatBytes(safe)} of ${formatBytes(size)}`
  switch (state.state) {
    case 'preparing':
      return 'Waiting for its turn …'
    case 'sending':
      return `${share} safe on the server`
    case 'waiting':
      return `${share} safe. The server does not answer; it goes on by itself.`
    case 'paused':
      return `Paused. ${share} safe on the server`
    case 'published':
      return 'Uploaded: it can be watched now.'
    case 'refused':
      return refusalWords(state.fault)
  }
}

/** The whole queue in a line: rate and time left. */
export function queueWords({ rate, leftMs }: { rate: number; leftMs: number | null }): string {
  if (leftMs === null || rate <= 0) return ''
  return `${formatBytes(rate)} a second, about ${lengthWords(Math.max(1000, leftMs))} left`
}
