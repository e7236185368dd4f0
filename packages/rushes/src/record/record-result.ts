import type { ArchiveStanding, RecordingView } from '@rushes/protocol'
import { CommandError } from '../output.ts'

/** What `record` and `upload` print. */
export type RecordResult = {
  id: string
  bytes: number
  sha256: string | null
  shareUrl: string | null
  mp4Url: string | null
  mp4State: string
  webmUrl: string | null
  webmState: string
  waitMs: number
  /** Of a file that is an archive: whether what is in it was restored, and if not, why. */
  archive?: ArchiveStanding
}

export function recordResult(recording: RecordingView, waitMs: number): RecordResult {
  const { id, bytes, sha256, shareUrl, mp4Url, mp4State, webmUrl, webmState, archive } = recording
  const rounded = Math.round(waitMs * 1000) / 1000
  const told = { id, bytes, sha256, shareUrl, mp4Url, mp4State, webmUrl, webmState, waitMs: rounded }
  return archive === undefined ? told : { ...told, archive }
}

/** Resolves when the last byte of the published file can be fetched. */
export async function reachable(recording: RecordingView): Promise<void> {
  const url = recording.mp4Url ?? recording.webmUrl
  if (url === null) return
  const response = await fetch(url, { headers: { range: 'bytes=-1' } })
  await response.arrayBuffer()
  if (!response.ok) throw new CommandError('not-reachable', `${url} answered ${response.status}`)
}
