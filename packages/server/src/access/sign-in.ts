import type { Kysely } from 'kysely'
import type { UserId } from '../catalog/identifiers.ts'
import type { Schema } from '../catalog/schema.ts'
import { createSession, deleteOtherSessions, deleteSession } from '../catalog/sessions.ts'
import { findUserByEmail, getUser, setPasswordHash } from '../catalog/users.ts'
import { AccessError } from './access-error.ts'
import type { LoginLimiter } from './login-limiter.ts'
import { checkPassword, hashPassword } from './passwords.ts'
import { hashSecretToken, newSecretToken } from './secret-token.ts'

/** From the last use: who comes back within a month stays signed in. */
export const sessionLifetimeMs: number = 30 * 24 * 60 * 60_000

/** The token goes into a `__Host-` cookie (HttpOnly, SameSite=Lax); the database gets its hash only. */
export type SignedInSession = { token: string; userId: UserId; expiresAt: Date }

export type SignIn = { email: string; password: string; address: string; userAgent: string }

/**
 * @throws AccessError `invalid-credentials` for an unknown account and a wrong password alike, `too-many-attempts`
 */
export async function signIn(db: Kysely<Schema>, limiter: LoginLimiter, request: SignIn): Promise<SignedInSession> {
  const attempt = limiter.begin(request.address, request.email)
  const user = await findUserByEmail(db, request.email)
  const check = await checkPassword(request.password, user?.password_hash ?? null)
  if (!user || !check.ok) throw new AccessError('invalid-credentials', 'unknown account or wrong password')
  attempt.succeeded()
  if (check.outdated) await setPasswordHash(db, user.id, await hashPassword(request.password))
  return await openSession(db, user.id, request.userAgent)
}

/** A session for a user who has just proved to be one: by password, or by the setup link. */
export async function openSession(db: Kysely<Schema>, userId: UserId, userAgent: string): Promise<SignedInSession> {
  const { token, hash } = newSecretToken('session')
  const expiresAt = new Date(Date.now() + sessionLifetimeMs)
  await createSession(db, { idHash: hash, userId, expiresAt, userAgent })
  return { token, userId, expiresAt }
}

export async function signOut(db: Kysely<Schema>, token: string): Promise<void> {
  await deleteSession(db, hashSecretToken(token))
}

/**
 * Changes the password and ends every other session of the user: whoever had the old one is out.
 * @throws AccessError `invalid-credentials`, `too-many-attempts`, `password-too-short`, `password-too-long`
 */
export async function changePassword(
  db: Kysely<Schema>,
  limiter: LoginLimiter,
  change: { userId: UserId; current: string; next: string; address: string; keepToken?: string },
): Promise<void> {
  const attempt = limiter.begin(change.address, change.userId)
  const user = await getUser(db, change.userId)
  const check = await checkPassword(change.current, user?.password_hash ?? null)
  if (!check.ok) throw new AccessError('invalid-credentials', 'wrong password')
  attempt.succeeded()
  const passwordHash = await hashPassword(change.next)
  await db.transaction().execute(async (tx) => {
    await setPasswordHash(tx, change.userId, passwordHash)
    await deleteOtherSessions(tx, change.userId, change.keepToken ? hashSecretToken(change.keepToken) : undefined)
  })
}
