import type { Caller as ContentCaller } from '@rushes/umf'
import type { RecordingAction } from '../access/policy.ts'
import { parseShareId } from '../catalog/identifiers.ts'
import type { Recording } from '../catalog/schema.ts'
import { findShared } from '../catalog/shares.ts'
import { notFound } from './http-error.ts'
import { MissLimit } from './miss-limit.ts'
import type { Room } from './room.ts'

/** `caller`: as whom the link lets its holder read what is in the recording. */
export type FoundRecording = { recording: Recording; shareId: string; caller: ContentCaller }

/** Recordings as the holders of their links reach them: the link in the path is the key, no header is needed. */
export interface SharedRecordings {
  /** @throws HttpError 404, 429 for an address that tries link after link */
  find(shareId: string, address: string, action: RecordingAction): Promise<FoundRecording>
}

export function sharedRecordings({ db, authorize }: Room): SharedRecordings {
  const misses = new MissLimit()
  return {
    async find(text, address, action) {
      const id = parseShareId(text)
      if (id === undefined) throw notFound()
      const recording = await misses.find(id, address, () => findShared(db, id))
      if (recording === undefined) throw notFound()
      const { id: recordingId, owner_id: ownerId, state } = recording
      const caller = { kind: 'share', shareId: id, recordingId } as const
      authorize(caller, action, { kind: 'recording', id: recordingId, ownerId, state })
      const reader = { level: recording.grant_level, attributes: recording.grant_attributes }
      return { recording, shareId: id, caller: reader }
    },
  }
}
