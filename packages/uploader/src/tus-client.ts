import { errorBody } from '@rushes/protocol'
import { UploadFault } from './upload-fault.ts'

export type TusClientOptions = {
  /** Origin of the server; in its own pages the empty string. */
  server: string
  key?: string
  /** Below which files are; left out: recordings that are uploaded. */
  path?: string
  fetch?: typeof fetch
}

/** The requests of tus 1.0.0 that an upload needs. @throws UploadFault from each */
export interface TusClient {
  /** The URL of the new upload. */
  create(size: number, metadata: Record<string, string>, signal: AbortSignal): Promise<string>
  /** Bytes that are safe, and the metadata as the server has it. */
  head(url: string, signal: AbortSignal): Promise<{ offset: number; metadata: Record<string, string> }>
  /** The next offset. */
  patch(url: string, offset: number, chunk: TusChunk, signal: AbortSignal): Promise<number>
  remove(url: string): Promise<void>
}

export type TusChunk = { bytes: Uint8Array<ArrayBuffer>; checksum: string; digest: string | null }

export const uploadsPath = '/api/v1/uploads'

/** A server that restarted reads what it has of a long file before it answers. */
const headTimeoutMs = 10 * 60_000
const patchTimeoutMs = 2 * 60_000

export const archivesPath = '/api/v1/archives'

export function tusClient({ server, key, path = uploadsPath, fetch: request = fetch }: TusClientOptions): TusClient {
  async function call(
    method: string,
    url: string,
    headers: Record<string, string>,
    signal: AbortSignal | null,
    timeoutMs: number,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<Response> {
    const limit = AbortSignal.timeout(timeoutMs)
    let response: Response
    try {
      response = await request(url, {
        method,
        headers: { 'tus-resumable': '1.0.0', ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
        signal: signal === null ? limit : AbortSignal.any([signal, limit]),
        ...(body !== undefined && { body }),
      })
    } catch (cause) {
      if (signal?.aborted === true) throw new UploadFault('cancelled', 'stopped', 0, { cause })
      throw new UploadFault('unreachable', 'the server does not answer', 0, { cause })
    }
    if (response.ok) return response
    throw await faultOf(response)
  }

  return {
    async create(size, metadata, signal) {
      const headers = { 'upload-length': String(size), 'upload-metadata': metadataField(metadata) }
      const response = await call('POST', server + path, headers, signal, patchTimeoutMs)
      const location = response.headers.get('location')
      if (location === null) throw new UploadFault('bad-answer', 'the server made an upload and did not say where')
      // Only its path: behind a proxy the server may not know under which name we reach it.
      return server + new URL(location, 'http://here').pathname
    },

    async head(url, signal) {
      const response = await call('HEAD', url, {}, signal, headTimeoutMs)
      const offset = Number(response.headers.get('upload-offset') ?? Number.NaN)
      if (!Number.isSafeInteger(offset)) throw new UploadFault('bad-answer', 'the server did not say how far it is')
      return { offset, metadata: parseMetadataField(response.headers.get('upload-metadata') ?? '') }
    },

    async patch(url, offset, { bytes, checksum, digest }, signal) {
      const headers = {
        'content-type': 'application/offset+octet-stream',
        'upload-offset': String(offset),
        'upload-checksum': checksum,
        ...(digest !== null && { 'repr-digest': digest }),
      }
      const response = await call('PATCH', url, headers, signal, patchTimeoutMs, bytes)
      return Number(response.headers.get('upload-offset'))
    },

    async remove(url) {
      await call('DELETE', url, {}, null, patchTimeoutMs)
    },
  }
}

async function faultOf(response: Response): Promise<UploadFault> {
  const text = await response.text().catch(() => '')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const refusal = errorBody.safeParse(value)
  if (!refusal.success) return new UploadFault('bad-answer', `the server answered ${response.status}`, response.status)
  return new UploadFault(refusal.data.error.code, refusal.data.error.message, response.status)
}

/** tus 1.0.0, Upload-Metadata: base64 of UTF-8. */
function metadataField(metadata: Record<string, string>): string {
  return Object.entries(metadata)
    .map(([key, value]) => `${key} ${btoa(String.fromCharCode(...new TextEncoder().encode(value)))}`)
    .join(',')
}

function parseMetadataField(field: string): Record<string, string> {
  const metadata: Record<string, string> = {}
  for (const pair of field.split(',')) {
    const [key, value = ''] = pair.trim().split(' ')
    if (key === undefined || key === '') continue
    const bytes = Uint8Array.from(atob(value), (char) => char.charCodeAt(0))
    metadata[key] = new TextDecoder().decode(bytes)
  }
  return metadata
}
