import { crc32 } from 'node:zlib'
import { testOwnerKey } from './server-for-tests.ts'

/** tus spoken by hand, so that tests can say what no client of ours would. */
export class UploadSender {
  readonly server: string
  readonly key: string

  constructor(server: { url: string }, key: string = testOwnerKey) {
    this.server = server.url
    this.key = key
  }

  send(
    method: string,
    url: string,
    headers: Record<string, string> = {},
    body?: Uint8Array | ReadableStream,
  ): Promise<Response> {
    return fetch(new URL(url, this.server), {
      method,
      headers: { authorization: `Bearer ${this.key}`, 'tus-resumable': '1.0.0', ...headers },
      ...(body !== undefined && { body, duplex: 'half' }),
    } as RequestInit)
  }

  create(size: number, metadata: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Response> {
    const pairs = Object.entries({ filename: 'talk.mp4', ...metadata })
    const field = pairs.map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join(',')
    return this.send('POST', '/api/v1/uploads', {
      'upload-length': String(size),
      'upload-metadata': field,
      ...headers,
    })
  }

  /** Its URL. */
  async created(size: number, metadata?: Record<string, string>): Promise<string> {
    const response = await this.create(size, metadata)
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
    return response.headers.get('location')!
  }

  patch(
    url: string,
    offset: number,
    bytes: Uint8Array | ReadableStream,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const all = { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset), ...headers }
    return this.send('PATCH', url, all, bytes)
  }

  async offset(url: string): Promise<number> {
    const response = await this.send('HEAD', url)
    return response.ok ? Number(response.headers.get('upload-offset')) : -response.status
  }
}

export function crcField(bytes: Uint8Array): string {
  const value = Buffer.alloc(4)
  value.writeUInt32BE(crc32(bytes))
  return `crc32 ${value.toString('base64')}`
}

/** Code of a refusal. */
export async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { error: { code: string } }).error.code
}
