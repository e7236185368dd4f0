import { createHash, createPublicKey, verify } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { certificateText, type DeliveryCertificate, deliveryLeaf, merkleRoot } from '@rushes/protocol'
import type { Spool } from './spool.ts'

export type Verification = {
  ok: boolean
  /** Files of the certificate. */
  files: number
  /** Of these, files that still lie here and were read. */
  read: number
  problems: string[]
}

/**
 * Checks a certificate against what the spool listed and still has (DELIVERY.md E5), without the server.
 *
 * @param publicKey the server's key as it is known from elsewhere (SubjectPublicKeyInfo, base64); null: the certificate's own
 */
export async function verifyCertificate(
  spool: Spool,
  certificate: DeliveryCertificate,
  publicKey: string | null,
): Promise<Verification> {
  const problems: string[] = []
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
  if (certificate.delivery !== spool.head.id) problems.push(`the certificate is of delivery ${certificate.delivery}`)
  if (publicKey !== null && publicKey !== certificate.publicKey)
    problems.push('another key than the one expected signed')
  if (merkleRoot(certificate.files.map(deliveryLeaf), sha256) !== certificate.merkleRoot) {
    problems.push('the root is not that of the files')
  }
  if (!isSigned(certificate)) problems.push('the signature is wrong')

  const certified = new Map(certificate.files.map((file) => [file.name, file]))
  const listed = spool.listedFiles()
  let read = 0
  for (const { name, size, digest } of listed) {
    const file = certified.get(name)
    if (file === undefined) problems.push(`${name} is not certified`)
    else if (file.size !== size || file.digest !== digest) problems.push(`${name} is certified as something else`)
    const path = spool.files.pathOf(name)
    if (await exists(path)) {
      read++
      if ((await digestOf(path)) !== digest) problems.push(`${name} is damaged here`)
    }
  }
  if (certified.size !== listed.length) problems.push(`${certified.size} files are certified, ${listed.length} listed`)
  return { ok: problems.length === 0, files: certified.size, read, problems }
}

function isSigned(certificate: DeliveryCertificate): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(certificate.publicKey, 'base64'), format: 'der', type: 'spki' })
    if (key.asymmetricKeyType !== 'ed25519') return false
    return verify(null, certificateText(certificate), key, Buffer.from(certificate.signature, 'base64'))
  } catch {
    return false
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return `sha256:${hash.digest('hex')}`
}
