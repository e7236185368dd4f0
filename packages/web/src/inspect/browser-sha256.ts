import type { MakeSha256 } from '@rushes/umf'
import { createSHA256 } from 'hash-wasm'

/** Hashes that go on at the same time: one runs through an item while an anchor is proven. */
const atOnce = 4

/** SHA-256 in WebAssembly: WebCrypto hashes only what it is given at once. */
export async function browserSha256(): Promise<MakeSha256> {
  const free = await Promise.all(Array.from({ length: atOnce }, () => createSHA256()))
  return () => {
    const hasher = free.pop()
    if (hasher === undefined) throw new Error(`more than ${atOnce} hashes at once`)
    hasher.init()
    return {
      update: (bytes) => void hasher.update(bytes),
      digest() {
        const digest = hasher.digest('binary')
        free.push(hasher)
        return digest
      },
    }
  }
}
