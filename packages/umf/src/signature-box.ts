// SPEC.md, Signatures: S1, S2. Whom to trust is for whoever checks (signing.ts).
import { z } from 'zod'
import { box } from './box.ts'
import { type MakeSha256, sameBytes, sha256Of } from './sha256.ts'

/** Bounds of SPEC.md: of a box, and how many an archive has. */
export const MOST_SIGNATURE_BYTES = 65_536
export const MOST_SIGNATURES = 1000

/** `key` (SubjectPublicKeyInfo) and `signature` in base64, `root` in hex. */
export type Signature = {
  signer: string
  algorithm: 'ed25519' | 'ecdsa-p256-sha256'
  key: string
  /** RFC 3339. */
  time: string
  root: string
  generation: number
  signature: string
}

const signatureSchema: z.ZodType<Signature> = z.object({
  // S2: a line of what is signed.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  signer: z.string().regex(/^[^\u0000-\u001f\u007f]{1,1000}$/),
  algorithm: z.enum(['ed25519', 'ecdsa-p256-sha256']),
  key: z.base64().max(2000),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  time: z.string().regex(/^[^\u0000-\u001f\u007f]{1,64}$/),
  root: z.string().regex(/^[0-9a-f]{64}$/),
  generation: z.int().min(1),
  signature: z.base64().max(2000),
})

export function signatureBox(signature: Signature, sha256: MakeSha256): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(signature))
  return box('umfs', json, sha256Of(sha256, json))
}

/** @param payload of a `umfs` box. Null if it is altered or none */
export function readSignature(payload: Uint8Array, sha256: MakeSha256): Signature | null {
  if (payload.length < 34 || payload.length > MOST_SIGNATURE_BYTES - 8) return null
  const json = payload.subarray(0, payload.length - 32)
  if (!sameBytes(sha256Of(sha256, json), payload.subarray(json.length))) return null
  try {
    return signatureSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)))
  } catch {
    return null
  }
}
