import { ERRORS, type Locker, MemoryLocker, Server as TusServer } from '@tus/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { newRecordingId, type RecordingId } from '../catalog/identifiers.ts'
import { type ChunkProof, checksumAlgorithms, noProof, parseProof } from '../upload/chunk-proof.ts'
import { UploadError } from '../upload/upload-error.ts'
import { type Refusal, toRefusal } from './http-error.ts'
import { requestOrigin } from './origin.ts'

export type TusOptions = {
  /** Below which the files are. */
  path: string
  publicUrl: string | null
  maxBytes: number
  allowedOrigins: readonly string[]
  /** Its store, for one request. */
  datastore(proof: ChunkProof): ConstructorParameters<typeof TusServer>[0]['datastore']
  /** Of the request's file; null: it makes one. */
  id: RecordingId | null
  locker: Locker
}

/** Of two requests for one upload the later one counts: the earlier has this long to store what it has. */
const lockDrainMs = 100

export function newTusLocker(): Locker {
  return new MemoryLocker()
}

/** Hands the request to tus, with what the policy and the headers say. @throws UploadError `unsupported-checksum` */
export async function replyByTus(
  request: FastifyRequest,
  reply: FastifyReply,
  options: TusOptions,
): Promise<FastifyReply> {
  const { path, publicUrl, maxBytes, allowedOrigins, id, locker } = options
  const proof = request.method === 'PATCH' || request.method === 'POST' ? parseProof(proofHeaders(request)) : noProof
  const tus = new TusServer({
    path,
    datastore: options.datastore(proof),
    locker,
    lockDrainTimeout: lockDrainMs,
    maxSize: maxBytes,
    disableTerminationForFinishedUploads: true,
    allowedOrigins: (origin) => allowedOrigins.includes(origin),
    exposedHeaders: ['Tus-Checksum-Algorithm', 'Upload-Expires'],
    allowedHeaders: ['Upload-Checksum', 'Repr-Digest'],
    namingFunction: () => newRecordingId(),
    getFileIdFromRequest: () => id ?? undefined,
    generateUrl: (_request, made) => `${requestOrigin(request.raw, publicUrl)}${path}/${made.id}`,
    onResponseError(_request, error) {
      const { status, code, message } = refusalOf(error)
      if (status >= 500) request.log.error({ error }, 'an upload failed')
      return { status_code: status, body: JSON.stringify({ error: { code, message } }) }
    },
  })
  reply.hijack()
  reply.raw.setHeader('tus-checksum-algorithm', checksumAlgorithms)
  await tus.handle(request.raw, reply.raw)
  return reply
}

function proofHeaders({ headers }: FastifyRequest): Parameters<typeof parseProof>[0] {
  const text = (name: string): string | undefined => {
    const value = headers[name]
    return typeof value === 'string' ? value : undefined
  }
  return { checksum: text('upload-checksum'), digest: text('repr-digest') }
}

/** What @tus/server itself refuses comes as a status with words. */
const codesOfTus: Record<number, string> = {
  400: 'bad-request',
  403: 'bad-request',
  404: 'not-found',
  409: 'offset-conflict',
  410: 'gone',
  412: 'bad-request',
  413: 'file-too-large',
}

function refusalOf(error: Error | { status_code: number; body: string }): Refusal {
  if (error instanceof Error) return toRefusal(error)
  if (error === ERRORS.ABORTED) return toRefusal(new UploadError('superseded', 'a later request writes this upload'))
  const { status_code: status, body } = error
  return { status, code: codesOfTus[status] ?? 'bad-request', message: body.trim() }
}
