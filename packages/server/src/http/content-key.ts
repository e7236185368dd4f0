// A key that came with a request: for items that are encrypted (packages/umf/SPEC.md, X4). It is used for that request, and kept
// nowhere.
import { Readable } from 'node:stream'
import { AES_MODULE, type ContentKey, decryptContent, type Item, UmfError } from '@rushes/umf'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { lockedError } from '../convert/conversion-sources.ts'
import { HttpError } from './http-error.ts'

const keyBytes = 32
const mostPassphrase = 1000

/** `UMF-Key`: 32 bytes in base64; or `UMF-Passphrase`, percent-encoded. @throws HttpError `key-refused` */
export function contentKeyOf({ headers }: FastifyRequest): ContentKey | undefined {
  const { 'umf-key': key, 'umf-passphrase': passphrase } = headers
  if (key === undefined && passphrase === undefined) return undefined
  if (typeof key === 'string' && passphrase === undefined) {
    const bytes = Buffer.from(key, 'base64')
    if (bytes.length === keyBytes && bytes.toString('base64') === key) return new Uint8Array(bytes)
    throw refused('UMF-Key is 32 bytes in base64')
  }
  if (typeof passphrase === 'string' && key === undefined) {
    const text = decoded(passphrase)
    if (text !== null && text.length > 0 && text.length <= mostPassphrase) return text
    throw refused(`UMF-Passphrase is 1 to ${mostPassphrase} characters, percent-encoded`)
  }
  throw refused('give UMF-Key or UMF-Passphrase, one of them once')
}

export function isOpenedBy({ encryption }: Item, key: ContentKey | undefined): key is ContentKey {
  return key !== undefined && encryption?.module === AES_MODULE
}

/** Keys of passphrases are derived in threads that others need. */
const mostAtOnce = 8
let open = 0

/**
 * Whole, whatever range was asked for (RFC 9110 §14.2), and for whoever has the key alone. The beginning is decrypted before it is
 * answered: that a key is the wrong one is said by a status.
 *
 * @throws ContentError `content-locked`; HttpError `busy`
 */
export async function replyDecrypted(
  request: FastifyRequest,
  reply: FastifyReply,
  { item, key, stored }: { item: Item; key: ContentKey; stored(): Readable },
): Promise<FastifyReply> {
  reply.headers({ 'cache-control': 'no-store', 'accept-ranges': 'none', vary: 'UMF-Key, UMF-Passphrase' })
  if (open >= mostAtOnce) throw new HttpError(503, 'busy', 'too many items are being decrypted; try again')
  open++
  const source = stored()
  reply.raw.once('close', () => {
    open--
    source.destroy()
  })
  const content = decryptContent(source, item.encryption!, key)
  const first = await content.next().catch((error: unknown) => {
    source.destroy()
    throw error instanceof UmfError ? lockedError(error) : error
  })
  if (request.method === 'HEAD') return reply.send()
  return reply.send(Readable.from(joined(first, content)))
}

async function* joined(
  first: IteratorResult<Uint8Array>,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.done !== true) yield first.value
  yield* rest
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function refused(message: string): HttpError {
  return new HttpError(400, 'key-refused', message)
}
