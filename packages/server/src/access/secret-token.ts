import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Tokens are 256 random bits, so one round of SHA-256 keeps them as safe as a slow hash would: nothing shorter
 * than the whole space is worth guessing. The prefix tells a person, and a secret scanner, what was leaked.
 */
export type SecretToken = { token: string; hash: Buffer }

const prefixes = { key: 'rk_', sender: 'rs_', session: '', setup: '' } as const

export function newSecretToken(kind: keyof typeof prefixes): SecretToken {
  const token = prefixes[kind] + randomBytes(32).toString('base64url')
  return { token, hash: hashSecretToken(token) }
}

export function hashSecretToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest()
}

/** Compares in a time that says nothing about where the two differ. */
export function isSecretToken(token: string, hash: Uint8Array): boolean {
  return hash.byteLength === 32 && timingSafeEqual(hashSecretToken(token), hash)
}
