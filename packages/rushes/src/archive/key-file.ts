// Keys to sign with, as other programs (openssl, ssh-keygen -m PKCS8) write them too: PEM.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Signature } from '@rushes/umf'
import { CommandError } from '../output.ts'
import { fileExists, isThere } from './new-file.ts'

const mostBytes = 64 * 1024

/** A key to sign with, from a private key in PEM (PKCS#8): Ed25519 or P-256. @throws CommandError `bad-key` */
export async function readSigningKey(path: string): Promise<CryptoKeyPair> {
  const pem = await readPem(path)
  const key = parsed(() => createPrivateKey(pem), path, 'private')
  return keyPair(key, createPublicKey(key), path)
}

/** SubjectPublicKeyInfo in base64, as signatures have it. @throws CommandError `bad-key` */
export async function readPublicKey(path: string): Promise<string> {
  const pem = await readPem(path)
  const key = parsed(() => createPublicKey(pem), path, 'public')
  algorithmOf(key, path)
  return key.export({ type: 'spki', format: 'der' }).toString('base64')
}

/** Makes an Ed25519 key: the private one in `path`, for its owner alone, the public one beside it. */
export async function writeNewKey(path: string): Promise<{ publicPath: string }> {
  const publicPath = `${path}.pub`
  for (const each of [path, publicPath]) if (await isThere(each)) throw fileExists(each)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  await writeKey(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
  await writeKey(publicPath, publicKey.export({ type: 'spki', format: 'pem' }), 0o644)
  return { publicPath }
}

async function writeKey(path: string, pem: string | Buffer, mode: number): Promise<void> {
  await using handle = await open(path, 'wx', mode)
  await handle.writeFile(pem)
  await handle.sync()
}

async function readPem(path: string): Promise<string> {
  const handle = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError('no-such-file', `the key ${path} can't be read: ${cause.message}`)
  })
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(mostBytes), 0, mostBytes, 0)
    return buffer.subarray(0, bytesRead).toString('utf8')
  } finally {
    await handle.close()
  }
}

function parsed(parse: () => KeyObject, path: string, kind: 'private' | 'public'): KeyObject {
  try {
    return parse()
  } catch (cause) {
    const isLocked = (cause as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE'
    const advice = isLocked
      ? 'it is locked by a passphrase: openssl pkey -in KEY -out OPEN.pem unlocks it'
      : kind === 'private'
        ? 'give a PEM file that openssl genpkey -algorithm ed25519 makes, or let --new-key make one'
        : 'give a PEM file of a public key, such as --new-key leaves beside the private one'
    throw new CommandError('bad-key', `${path} holds no ${kind} key that can be used: ${advice}`, { cause })
  }
}

function keyPair(privateKey: KeyObject, publicKey: KeyObject, path: string): CryptoKeyPair {
  const algorithm = algorithmOf(privateKey, path)
  const parameters = algorithm === 'ed25519' ? { name: 'Ed25519' } : { name: 'ECDSA', namedCurve: 'P-256' }
  return {
    privateKey: privateKey.toCryptoKey(parameters, false, ['sign']) as CryptoKey,
    publicKey: publicKey.toCryptoKey(parameters, true, ['verify']) as CryptoKey,
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, path: string): Signature['algorithm'] {
  if (asymmetricKeyType === 'ed25519') return 'ed25519'
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ecdsa-p256-sha256'
  const curve = asymmetricKeyDetails?.namedCurve
  throw new CommandError(
    'bad-key',
    `${path} is a key of ${asymmetricKeyType ?? 'an unknown kind'}${curve === undefined ? '' : ` (${curve})`}: archives are signed with Ed25519 or P-256`,
  )
}
