import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { certificateText, type DeliveryCertificate, deliveryLeaf, type ListedFile, merkleRoot } from '@rushes/protocol'
import type { SigningKey } from '../catalog/deliveries.ts'

/** A key of RFC 8410 in DER. */
export function newSigningKey(): SigningKey {
  return generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  })
}

/** DELIVERY.md E2–E4: says that every one of `files` was read back right. */
export function issueCertificate(
  delivery: string,
  files: readonly ListedFile[],
  key: SigningKey,
  issuedAt: Date,
): DeliveryCertificate {
  const root = merkleRoot(files.map(deliveryLeaf), (bytes) => createHash('sha256').update(bytes).digest())
  const certificate = { delivery, files: [...files], merkleRoot: root, issuedAt: issuedAt.toISOString() }
  const privateKey = createPrivateKey({ key: key.privateKey, format: 'der', type: 'pkcs8' })
  return {
    version: 1,
    ...certificate,
    publicKey: key.publicKey.toString('base64'),
    signature: sign(null, certificateText(certificate), privateKey).toString('base64'),
  }
}
