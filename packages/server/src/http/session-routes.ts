import {
  apiKeyList,
  createApiKeyRequest,
  createdApiKey,
  loginRequest,
  type SessionView,
  sessionView,
  setupRequest,
} from '@rushes/protocol'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { LoginLimiter } from '../access/login-limiter.ts'
import { completeSetup, issueApiKey } from '../access/owner.ts'
import type { Caller } from '../access/policy.ts'
import { openSession, signIn, signOut } from '../access/sign-in.ts'
import { getApiKey, listApiKeys, revokeApiKey } from '../catalog/api-keys.ts'
import { parseKeyId } from '../catalog/identifiers.ts'
import { findOwner, getUser } from '../catalog/users.ts'
import type { App, Front } from './front.ts'
import { notFound } from './http-error.ts'
import { requestOrigin } from './origin.ts'
import { clearSessionCookie, sessionToken, setSessionCookie } from './session-cookie.ts'

/** Accounts, sessions and API keys. */
export function sessionRoutes(app: App, front: Front): void {
  const { db } = front
  const limiter = new LoginLimiter()

  async function describe(caller: Caller): Promise<SessionView> {
    const user = caller.kind === 'user' ? await getUser(db, caller.userId) : undefined
    if (user === undefined) return { user: null, setupNeeded: !(await findOwner(db))?.password_hash }
    const { id, email, name, role } = user
    return { user: { id, email, name, role }, setupNeeded: false }
  }

  const originOf = (request: FastifyRequest) => requestOrigin(request.raw, front.publicUrl)
  const userAgent = (request: FastifyRequest) => request.headers['user-agent'] ?? ''

  app.get('/api/v1/session', { schema: { tags: ['session'], response: { 200: sessionView } } }, async (request) =>
    describe(await front.caller(request)),
  )

  app.post(
    '/api/v1/setup',
    {
      config: { rateLimit: { max: 30, timeWindow: 60_000 } },
      schema: { tags: ['session'], body: setupRequest, response: { 201: sessionView } },
    },
    async (request, reply) => {
      const { token, ...account } = request.body
      const user = await completeSetup(db, token, account)
      setSessionCookie(reply, await openSession(db, user.id, userAgent(request)), originOf(request))
      return reply.code(201).send(await describe({ kind: 'user', userId: user.id, role: user.role, via: 'session' }))
    },
  )

  app.post(
    '/api/v1/session',
    { schema: { tags: ['session'], body: loginRequest, response: { 201: sessionView } } },
    async (request, reply) => {
      const signedIn = await signIn(db, limiter, {
        ...request.body,
        address: request.ip,
        userAgent: userAgent(request),
      })
      setSessionCookie(reply, signedIn, originOf(request))
      const user = await getUser(db, signedIn.userId)
      if (user === undefined) throw notFound()
      return reply.code(201).send(await describe({ kind: 'user', userId: user.id, role: user.role, via: 'session' }))
    },
  )

  app.delete('/api/v1/session', { schema: { tags: ['session'] } }, async (request, reply) => {
    const token = sessionToken(request)
    if (token !== undefined) await signOut(db, token)
    clearSessionCookie(reply)
    return reply.code(204).send()
  })

  app.get('/api/v1/keys', { schema: { tags: ['keys'], response: { 200: apiKeyList } } }, async (request) => {
    const userId = front.authorizeUser(await front.caller(request), 'key.list')
    const keys = await listApiKeys(db, userId)
    return {
      keys: keys
        .filter((key) => key.revoked_at === null)
        .map((key) => ({
          id: key.id,
          name: key.name,
          origin: key.origin,
          createdAt: key.created_at.toISOString(),
          lastUsedAt: key.last_used_at?.toISOString() ?? null,
        })),
    }
  })

  app.post(
    '/api/v1/keys',
    { schema: { tags: ['keys'], body: createApiKeyRequest, response: { 201: createdApiKey } } },
    async (request, reply) => {
      const userId = front.authorizeUser(await front.caller(request), 'key.create')
      const { id, key, createdAt } = await issueApiKey(db, userId, request.body.name)
      const { name } = request.body
      return reply
        .code(201)
        .send({ id, key, name, origin: 'created', createdAt: createdAt.toISOString(), lastUsedAt: null })
    },
  )

  app.delete(
    '/api/v1/keys/:id',
    { schema: { tags: ['keys'], params: z.object({ id: z.string() }) } },
    async (request, reply) => {
      const caller = await front.caller(request)
      const id = parseKeyId(request.params.id)
      const key = id === undefined ? undefined : await getApiKey(db, id)
      front.authorize(caller, 'key.revoke', key === undefined ? null : { kind: 'possession', ownerId: key.user_id })
      if (key === undefined || !(await revokeApiKey(db, key.user_id, key.id))) throw notFound()
      return reply.code(204).send()
    },
  )
}
