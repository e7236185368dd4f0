// SHA-256 in a page. The format's reader hashes as bytes come and cannot wait; `crypto.subtle` can only be waited for, and
// is missing on pages without https. hash-wasm would do, but WebAssembly needs 'wasm-unsafe-eval' in a page's policy.
import { sha256 } from '@noble/hashes/sha2.js'
import type { MakeSha256 } from '@rushes/umf'

export const webSha256: MakeSha256 = Object.assign(
  () => {
    const hash = sha256.create()
    return {
      update(bytes: Uint8Array) {
        hash.update(bytes)
      },
      digest: () => hash.digest(),
    }
  },
  { whole },
)

/** Off the page's thread where the browser allows it. */
async function whole(bytes: Uint8Array): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto as { subtle?: SubtleCrypto }
  if (subtle === undefined) return sha256(bytes)
  return new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
}

/** Of a whole content, as an item's `digest` writes it. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  const digest = await whole(bytes)
  return `sha256:${Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
