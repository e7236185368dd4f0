import { ConversionError, type ConversionErrorCode } from '@rushes/processors'
import { UmfError } from '@rushes/umf'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { AccessError, type AccessErrorCode } from '../access/access-error.ts'
import { ContentError, type ContentErrorCode } from '../archive/content-error.ts'
import { BodyError } from '../body/body-error.ts'
import { CatalogError } from '../catalog/catalog-error.ts'
import { DeliveryError, type DeliveryErrorCode } from '../deliver/delivery-error.ts'
import { FleetError, type FleetErrorCode } from '../fleet/fleet-error.ts'
import { ImportError, type ImportErrorCode } from '../import/import-error.ts'
import { LiveError, type LiveErrorCode } from '../live/live-error.ts'
import { JobError, type JobErrorCode } from '../process/job-error.ts'
import { StoreError } from '../store/store-error.ts'
import { UploadError, type UploadErrorCode } from '../upload/upload-error.ts'

/** A refusal with its status; the only place where codes of other rooms become HTTP statuses is below. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'HttpError'
    this.status = status
    this.code = code
  }
}

export const notFound = (): HttpError => new HttpError(404, 'not-found', 'there is nothing here, or nothing for you')

const catalogStatus: Record<string, number> = {
  'recording-not-found': 404,
  'recording-not-receiving': 409,
  'stale-epoch': 409,
  'published-otherwise': 409,
  'email-taken': 409,
  'owner-exists': 409,
  'setup-link-invalid': 410,
}

const accessStatus: Record<AccessErrorCode, number> = {
  'invalid-credentials': 401,
  'share-not-found': 404,
  'too-many-attempts': 429,
  'password-too-short': 400,
  'password-too-long': 400,
  'owner-key-too-short': 500,
  'owner-key-not-ascii': 500,
}

const bodyStatus: Record<string, number> = { 'storage-full': 507, 'storage-failed': 503, 'checksum-mismatch': 409 }

const deliveryStatus: Record<DeliveryErrorCode, number> = {
  'id-taken': 409,
  'manifest-gap': 409,
  'manifest-conflict': 409,
  'bad-entry': 422,
  'not-in-manifest': 409,
  'wrong-offset': 409,
  'digest-mismatch': 422,
  'not-delivered': 409,
  superseded: 409,
}

const liveStatus: Record<LiveErrorCode, number> = {
  'not-live': 404,
  'not-begun': 503,
  'not-there': 404,
  'too-far': 400,
  'too-many-viewers': 503,
}

const fleetStatus: Record<FleetErrorCode, number> = {
  'id-taken': 409,
  'too-many-encoders': 409,
  'already-recording': 409,
  'too-many-webhooks': 409,
}

const jobStatus: Record<JobErrorCode, number> = {
  'too-many-jobs': 429,
  'job-not-ended': 409,
  'too-many-watchers': 503,
}

const importStatus: Record<ImportErrorCode, number> = {
  'not-converted': 409,
  'changed-meanwhile': 409,
  'bad-mend': 422,
  'not-mendable': 422,
  'bad-layouts': 422,
  'name-taken': 409,
}

const uploadStatus: Record<UploadErrorCode, number> = {
  'bad-metadata': 400,
  'empty-file': 400,
  'file-too-large': 413,
  'too-many-uploads': 429,
  'unsupported-checksum': 400,
  // The status that tus 1.0.0 gives it (Checksum).
  'checksum-mismatch': 460,
  'digest-mismatch': 422,
  'not-media': 415,
  'nothing-playable': 422,
  gone: 410,
  'offset-conflict': 409,
  superseded: 409,
  unavailable: 503,
}

const contentStatus: Record<ContentErrorCode, number> = {
  'pointer-unresolved': 502,
  'too-many-pointers': 503,
  'pointer-source': 422,
  'encrypted-source': 422,
  'content-locked': 422,
  'limits-exclude': 403,
  'still-checking': 409,
  'not-derived': 409,
  'too-many-derived': 507,
}

const conversionStatus: Record<ConversionErrorCode, number> = {
  // RFC 9110 §15.5.7: there is no such representation; what there could be is said.
  'not-possible': 406,
  'not-needed': 400,
  'parameters-refused': 400,
  'input-refused': 422,
  'input-too-large': 422,
  'not-handled': 422,
  'output-too-large': 422,
  'timed-out': 422,
  failed: 422,
  'program-missing': 501,
  'service-failed': 502,
  'address-refused': 502,
  busy: 503,
  cancelled: 503,
}

/** Every failure leaves as `{error: {code, message}}`; what is a fault of ours says no more than that. */
export function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = toRefusal(error)
  if (refusal.status >= 500) request.log.error({ error }, 'a request failed')
  if (reply.sent) return reply
  if (refusal.status === 401) reply.header('www-authenticate', 'Bearer')
  if (error instanceof DeliveryError && error.at !== null) {
    reply.header(error.code === 'manifest-gap' ? 'manifest-next' : 'upload-offset', error.at)
  }
  if (refusal.status === 503) reply.header('retry-after', '2')
  const suggestions = error instanceof ConversionError && error.code === 'not-possible' ? error.suggestions : undefined
  return reply
    .code(refusal.status)
    .type('application/json')
    .send({ error: { code: refusal.code, message: refusal.message, ...(suggestions && { suggestions }) } })
}

export type Refusal = { status: number; code: string; message: string }

export function toRefusal(error: Error): Refusal {
  if (error instanceof HttpError) return error
  if (error instanceof CatalogError) {
    const words = error.code.replaceAll('-', ' ')
    return { status: catalogStatus[error.code] ?? 409, code: error.code, message: words }
  }
  if (error instanceof AccessError)
    return { status: accessStatus[error.code], code: error.code, message: error.message }
  if (error instanceof DeliveryError)
    return { status: deliveryStatus[error.code], code: error.code, message: error.message }
  if (error instanceof LiveError) return { status: liveStatus[error.code], code: error.code, message: error.message }
  if (error instanceof FleetError) return { status: fleetStatus[error.code], code: error.code, message: error.message }
  if (error instanceof JobError) return { status: jobStatus[error.code], code: error.code, message: error.message }
  if (error instanceof ImportError)
    return { status: importStatus[error.code], code: error.code, message: error.message }
  if (error instanceof UploadError)
    return { status: uploadStatus[error.code], code: error.code, message: error.message }
  if (error instanceof ContentError)
    return { status: contentStatus[error.code], code: error.code, message: error.message }
  if (error instanceof ConversionError)
    return { status: conversionStatus[error.code], code: error.code, message: error.message }
  // In the same words for what is not there and what is not for the caller; the name is theirs to know.
  if (error instanceof UmfError && error.code === 'not-found') return notFound()
  if (error instanceof BodyError)
    return { status: bodyStatus[error.code] ?? 500, code: error.code, message: error.message }
  if (error instanceof StoreError && error.code === 'database-unavailable') {
    return { status: 503, code: error.code, message: 'the database is away for a moment; try again' }
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    return { status: 400, code: 'bad-request', message: error.message }
  }
  const status = (error as FastifyError).statusCode ?? 500
  if (status < 500) {
    const code = status === 429 ? 'too-many-requests' : status === 413 ? 'too-large' : 'bad-request'
    return { status, code, message: error.message }
  }
  return { status: 500, code: 'internal', message: 'something failed here; the server log says what' }
}
