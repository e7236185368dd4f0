// SPEC.md, X4: AES-256-GCM in pieces, by the platform's WebCrypto.
import { fromBase64, toBase64 } from './base64.ts'
import { UmfError } from './umf-error.ts'

export const AES_MODULE = 'urn:umf:aes-256-gcm'

const PIECE_BYTES = 65_536
const TAG_BYTES = 16
const NONCE_BYTES = 7
/** What OWASP asks of PBKDF2-HMAC-SHA-256 at the least; more is a reader's work, so it has a bound. */
const ITERATIONS = 600_000
const MOST_ITERATIONS = 10_000_000

/** The member `encryption` of an item. */
export type AesEncryption = {
  module: typeof AES_MODULE
  nonce: string
  keyId?: string
  kdf?: { salt: string; iterations: number }
}

/** How an item is opened: 32 bytes, or a passphrase. */
export type ContentKey = Uint8Array | string

/** Bytes of the encrypted content of `length` bytes. */
export function encryptedLength(length: number): number {
  return length + TAG_BYTES * Math.max(1, Math.ceil(length / PIECE_BYTES))
}

/** @param keyId which key it was, for those who have several */
export async function encryptContent(
  content: AsyncIterable<Uint8Array>,
  key: ContentKey,
  keyId?: string,
): Promise<{ encryption: AesEncryption; content: AsyncGenerator<Uint8Array> }> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const kdf =
    typeof key === 'string'
      ? { salt: toBase64(crypto.getRandomValues(new Uint8Array(16))), iterations: ITERATIONS }
      : undefined
  const encryption: AesEncryption = {
    module: AES_MODULE,
    nonce: toBase64(nonce),
    ...(keyId && { keyId }),
    ...(kdf && { kdf }),
  }
  const imported = await importKey(key, kdf)
  async function* encrypted(): AsyncGenerator<Uint8Array> {
    for await (const { bytes, index, isLast } of inPieces(content, PIECE_BYTES)) {
      yield new Uint8Array(await crypto.subtle.encrypt(parameters(nonce, index, isLast), imported, bytes))
    }
  }
  return { encryption, content: encrypted() }
}

/** @throws UmfError `locked`: a wrong key, or altered bytes; what was given before is right */
export async function* decryptContent(
  content: AsyncIterable<Uint8Array>,
  encryption: Readonly<Record<string, unknown>>,
  key: ContentKey,
): AsyncGenerator<Uint8Array> {
  const { nonce, kdf } = parseEncryption(encryption)
  const imported = await importKey(key, kdf)
  for await (const { bytes, index, isLast } of inPieces(content, PIECE_BYTES + TAG_BYTES)) {
    let plain: ArrayBuffer
    try {
      plain = await crypto.subtle.decrypt(parameters(nonce, index, isLast), imported, bytes)
    } catch {
      throw new UmfError(
        'locked',
        index === 0 ? 'the key is not the one that this item was encrypted with' : 'the encrypted bytes were altered',
      )
    }
    yield new Uint8Array(plain)
  }
}

type Kdf = NonNullable<AesEncryption['kdf']>

function parseEncryption({ module, nonce, kdf }: Readonly<Record<string, unknown>>): {
  nonce: Uint8Array<ArrayBuffer>
  kdf?: Kdf
} {
  if (module !== AES_MODULE)
    throw new UmfError('locked', `the item needs another module to be decrypted: ${String(module)}`)
  const bytes = fromBase64(nonce)
  if (bytes?.length !== NONCE_BYTES) throw new UmfError('malformed', 'the encryption has no nonce of 7 bytes')
  if (kdf === undefined) return { nonce: bytes }
  const { salt, iterations } = kdf as Partial<Kdf>
  const isSound =
    fromBase64(salt) !== null && Number.isInteger(iterations) && iterations! >= 1 && iterations! <= MOST_ITERATIONS
  if (!isSound) throw new UmfError('malformed', 'the derivation of the key is not as it has to be')
  return { nonce: bytes, kdf: { salt: salt!, iterations: iterations! } }
}

async function importKey(key: ContentKey, kdf: Kdf | undefined): Promise<CryptoKey> {
  if (typeof key !== 'string') {
    if (key.length !== 32) throw new UmfError('invalid', `a key has 32 bytes, not ${key.length}`)
    return await crypto.subtle.importKey('raw', key.slice(), 'AES-GCM', false, ['encrypt', 'decrypt'])
  }
  if (kdf === undefined) throw new UmfError('locked', 'the item was encrypted with a key, not with a passphrase')
  const phrase = await crypto.subtle.importKey('raw', new TextEncoder().encode(key.normalize('NFC')), 'PBKDF2', false, [
    'deriveKey',
  ])
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt: fromBase64(kdf.salt)!, iterations: kdf.iterations }
  return await crypto.subtle.deriveKey(derivation, phrase, { name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
}

function parameters(
  nonce: Uint8Array,
  index: number,
  isLast: boolean,
): { name: 'AES-GCM'; iv: Uint8Array<ArrayBuffer> } {
  const iv = new Uint8Array(12)
  iv.set(nonce)
  new DataView(iv.buffer).setUint32(NONCE_BYTES, index)
  iv[11] = isLast ? 1 : 0
  return { name: 'AES-GCM', iv }
}

type Piece = { bytes: Uint8Array<ArrayBuffer>; index: number; isLast: boolean }

/** Pieces of `size` bytes; only the end tells which one is the last, and an empty content has one as well. */
async function* inPieces(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Piece> {
  let bytes = new Uint8Array(size)
  let filled = 0
  let index = 0
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length; ) {
      if (filled === size) {
        yield { bytes, index: index++, isLast: false }
        bytes = new Uint8Array(size)
        filled = 0
      }
      const taken = chunk.subarray(at, at + size - filled)
      bytes.set(taken, filled)
      filled += taken.length
      at += taken.length
    }
  }
  yield { bytes: bytes.slice(0, filled), index, isLast: true }
}
