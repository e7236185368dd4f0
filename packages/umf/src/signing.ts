// SPEC.md, Signatures. All of it is the platform's WebCrypto; no network.
import { fromBase64, toBase64 } from './base64.ts'
import type { Signer } from './editor.ts'
import { toHex } from './sha256.ts'
import type { Signature } from './signature-box.ts'
import type { ArchiveState } from './state.ts'

type Algorithm = Signature['algorithm']

const parameters = {
  ed25519: { key: { name: 'Ed25519' }, sign: { name: 'Ed25519' } },
  'ecdsa-p256-sha256': { key: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
} as const

/** A key pair to sign with; `publicKey` can be exported. */
export async function newSigningKey(algorithm: Algorithm = 'ed25519'): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey(parameters[algorithm].key, true, ['sign', 'verify'])) as CryptoKeyPair
}

/** What {@link Editor.sign} takes. @param signer who signs, for people */
export function signer(name: string, keys: CryptoKeyPair, now: () => Date = () => new Date()): Signer {
  return async ({ id, root, generation }) => {
    const algorithm: Algorithm = keys.privateKey.algorithm.name === 'ECDSA' ? 'ecdsa-p256-sha256' : 'ed25519'
    const time = now().toISOString()
    const text = signedText({ id, root, generation, time, signer: name })
    const signature = await crypto.subtle.sign(parameters[algorithm].sign, keys.privateKey, text)
    const key = await crypto.subtle.exportKey('spki', keys.publicKey)
    return {
      signer: name,
      algorithm,
      key: toBase64(new Uint8Array(key)),
      time,
      root,
      generation,
      signature: toBase64(new Uint8Array(signature)),
    }
  }
}

/** `unchecked`: this platform can't, which says nothing of the signature. Whether a key is to be trusted is not said. */
export type SignatureStanding = 'valid' | 'invalid' | 'unchecked'

export type CheckedSignature = Signature & {
  standing: SignatureStanding
  /** It is right, and of this very state. */
  isValid: boolean
}

/** S2, S3: every signature of a state, checked against the state itself. */
export async function checkSignatures({ description, root, signatures }: ArchiveState): Promise<CheckedSignature[]> {
  return await Promise.all(
    signatures.map(async (signature) => {
      const isOfState = signature.root === toHex(root) && signature.generation === description.generation
      const standing = isOfState ? await standingOf(description.id, signature) : 'invalid'
      return { ...signature, standing, isValid: standing === 'valid' }
    }),
  )
}

async function standingOf(id: string, { algorithm, key, signature, ...said }: Signature): Promise<SignatureStanding> {
  const { key: kind, sign } = parameters[algorithm]
  try {
    const imported = await crypto.subtle.importKey('spki', fromBase64(key)!, kind, false, ['verify'])
    const text = signedText({ id, ...said })
    return (await crypto.subtle.verify(sign, imported, fromBase64(signature)!, text)) ? 'valid' : 'invalid'
  } catch {
    // No key at all, or none of this algorithm; or no such algorithm.
    return (await canCheck(algorithm)) ? 'invalid' : 'unchecked'
  }
}

/** A page without HTTPS has no WebCrypto, and older browsers have no Ed25519. */
async function canCheck(algorithm: Algorithm): Promise<boolean> {
  const { subtle } = (globalThis.crypto ?? {}) as Partial<Crypto>
  if (subtle === undefined) return false
  return await subtle.generateKey(parameters[algorithm].key, false, ['sign', 'verify']).then(
    () => true,
    () => false,
  )
}

function signedText(said: {
  id: string
  root: string
  generation: number
  time: string
  signer: string
}): Uint8Array<ArrayBuffer> {
  const lines = ['umf signature 1', said.id, String(said.generation), said.root, said.time, said.signer]
  return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''))
}
