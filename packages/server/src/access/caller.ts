import type { Kysely } from 'kysely'
import { findApiKey, touchApiKey } from '../catalog/api-keys.ts'
import { parseShareId, type RecordingId } from '../catalog/identifiers.ts'
import { getRecording } from '../catalog/recordings.ts'
import type { Schema } from '../catalog/schema.ts'
import { deleteExpiredSession, findSession, touchSession } from '../catalog/sessions.ts'
import { findShared } from '../catalog/shares.ts'
import { AccessError } from './access-error.ts'
import type { Caller } from './policy.ts'
import { hashSecretToken, isSecretToken } from './secret-token.ts'
import { sessionLifetimeMs } from './sign-in.ts'

/** What a request showed. Leave out what it did not. */
export type Credentials = {
  /** The Authorization header, as it came. */
  authorization?: string | undefined
  /** The session cookie's value. */
  sessionToken?: string | undefined
  /** The share id in the path of /r/…. */
  shareId?: string | undefined
  /** The recording the request is about: a bearer token may be its sender's. */
  recordingId?: RecordingId | undefined
}

/** "Last seen" is shown to the minute or worse; writing it on each request would cost a commit each. */
const touchAfterMs = 5 * 60_000

/**
 * Who asks. What is shown on purpose (a link, a header) must be valid; a cookie comes along by itself, so an
 * expired one makes an anonymous caller. A link goes before a cookie: its page is the same for everyone.
 * @throws AccessError `invalid-credentials`, `share-not-found`
 */
export async function callerOf(db: Kysely<Schema>, shown: Credentials): Promise<Caller> {
  if (shown.shareId !== undefined) return await callerOfShare(db, shown.shareId)
  if (shown.authorization !== undefined) return await callerOfBearer(db, shown.authorization, shown.recordingId)
  if (shown.sessionToken !== undefined) return await callerOfSession(db, shown.sessionToken)
  return { kind: 'anonymous' }
}

/** Also for tokens that arrive elsewhere than in a header. @throws AccessError `invalid-credentials` */
export async function callerOfSender(db: Kysely<Schema>, recordingId: RecordingId, token: string): Promise<Caller> {
  const recording = await getRecording(db, recordingId)
  // An unknown recording takes the same comparison, and gets the same answer.
  const known = isSecretToken(token, recording?.token_hash ?? new Uint8Array(32))
  if (!recording || !known) throw invalid()
  return { kind: 'sender', recordingId }
}

async function callerOfShare(db: Kysely<Schema>, text: string): Promise<Caller> {
  const id = parseShareId(text)
  const recording = id && (await findShared(db, id))
  if (!recording) throw new AccessError('share-not-found', 'no such link')
  return { kind: 'share', shareId: id, recordingId: recording.id }
}

/** RFC 6750 §2.1, but an owner's key may have spaces in it; the scheme's case does not matter (RFC 9110 §11.1). */
const bearer = /^bearer +([\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?) *$/i

async function callerOfBearer(
  db: Kysely<Schema>,
  header: string,
  recordingId: RecordingId | undefined,
): Promise<Caller> {
  const token = bearer.exec(header)?.[1]
  if (token === undefined) throw invalid()
  const key = await findApiKey(db, hashSecretToken(token))
  if (key) {
    if (isStale(key.lastUsedAt)) await touchApiKey(db, key.keyId)
    return { kind: 'user', userId: key.userId, role: key.role, via: 'key' }
  }
  if (recordingId === undefined) throw invalid()
  return await callerOfSender(db, recordingId, token)
}

async function callerOfSession(db: Kysely<Schema>, token: string): Promise<Caller> {
  const hash = hashSecretToken(token)
  const session = await findSession(db, hash)
  if (!session) {
    // Removed when seen expired, so that a clock set back does not revive it.
    await deleteExpiredSession(db, hash)
    return { kind: 'anonymous' }
  }
  if (isStale(session.lastSeenAt)) await touchSession(db, hash, new Date(Date.now() + sessionLifetimeMs))
  return { kind: 'user', userId: session.userId, role: session.role, via: 'session' }
}

function isStale(last: Date | null): boolean {
  return last === null || Math.abs(Date.now() - last.getTime()) > touchAfterMs
}

function invalid(): AccessError {
  return new AccessError('invalid-credentials', 'the credentials are not valid')
}
