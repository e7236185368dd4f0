import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Kysely } from 'kysely'
import { callerOf } from '../access/caller.ts'
import { type Action, type Caller, decide, type ResourceOf } from '../access/policy.ts'
import type { RecordingId, UserId } from '../catalog/identifiers.ts'
import type { Schema } from '../catalog/schema.ts'
import type { Jobs } from '../process/jobs.ts'
import { HttpError, notFound } from './http-error.ts'
import { sessionToken } from './session-cookie.ts'

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, AppLog, ZodTypeProvider>
type AppLog = FastifyInstance['log']

export type FrontOptions = {
  db: Kysely<Schema>
  jobs: Jobs
  publicUrl: string | null
}

/** What every route stands on, whatever the process does: who asks, whether they may, and the jobs. */
export interface Front extends FrontOptions {
  caller(request: FastifyRequest, recordingId?: RecordingId): Promise<Caller>
  /** @throws HttpError 401, 403, or 404, which also stands for "not yours" */
  authorize<A extends Action>(caller: Caller, action: A, resource: ResourceOf<A> | null): void
  /** As authorize on the server itself, for those who have an account; answers whose. */
  authorizeUser(
    caller: Caller,
    action: Action &
      (
        | 'recording.create'
        | 'recording.list'
        | 'job.list'
        | 'import.create'
        | 'import.list'
        | `layout.${'list' | 'change'}`
        | 'key.create'
        | 'key.list'
        | `encoder.${'introduce' | 'list' | 'alerts'}`
      ),
  ): UserId
}

export function openFront(options: FrontOptions): Front {
  function authorize<A extends Action>(caller: Caller, action: A, resource: ResourceOf<A> | null): void {
    const decision = decide(caller, action, resource)
    if (decision === 'allow') return
    if (decision === 'unauthenticated') throw new HttpError(401, 'unauthenticated', 'sign in, or send an API key')
    if (decision === 'forbidden') throw new HttpError(403, 'forbidden', 'this key or account may not do that')
    throw notFound()
  }

  return {
    ...options,
    authorize,

    caller: (request, recordingId) =>
      callerOf(options.db, {
        ...{ authorization: request.headers.authorization, sessionToken: sessionToken(request), recordingId },
      }),

    authorizeUser(caller, action) {
      authorize(caller, action, { kind: 'server' })
      if (caller.kind !== 'user') throw new HttpError(403, 'forbidden', 'this needs an account')
      return caller.userId
    },
  }
}
