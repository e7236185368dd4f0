// A signature that this platform can't check is not therefore wrong, and one that is wrong is so wherever it is read.
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type ArchiveState,
  checkSignatures,
  newSigningKey,
  openArchive,
  openEditor,
  type Signature,
  signer,
  UmfWriter,
} from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { MemoryFile } from './memory-file.ts'

const algorithms = ['ed25519', 'ecdsa-p256-sha256'] as const
type Algorithm = (typeof algorithms)[number]

async function signed(): Promise<ArchiveState> {
  const file = new MemoryFile()
  const writer = new UmfWriter({ write: (bytes) => file.write(file.size, bytes.slice()), sha256 })
  await writer.add({ item: { name: 'a', type: 'notes', contentType: 'text/plain' }, content: new Uint8Array(3) })
  await writer.finish()
  const editor = await openEditor(file, sha256)
  const signers = await Promise.all(algorithms.map(async (each) => signer(each, await newSigningKey(each))))
  await editor.sign(signers)
  return (await openArchive(file, { sha256 })).state
}

/** As WebCrypto does (§18.4.4 of its specification). */
function without(missing: Algorithm): void {
  const name = missing === 'ed25519' ? 'Ed25519' : 'ECDSA'
  for (const method of ['importKey', 'generateKey'] as const) {
    const own = crypto.subtle[method].bind(crypto.subtle) as (...args: unknown[]) => Promise<never>
    vi.spyOn(crypto.subtle, method).mockImplementation((...args: unknown[]) => {
      const asked = args.find((arg) => typeof arg === 'object' && Object.hasOwn(arg as object, 'name'))
      if ((asked as { name: string }).name === name) {
        return Promise.reject(new DOMException('Unrecognized name', 'NotSupportedError'))
      }
      return own(...args)
    })
  }
}

const standings = async (state: ArchiveState) =>
  Object.fromEntries((await checkSignatures(state)).map(({ algorithm, standing }) => [algorithm, standing]))

const altered = (state: ArchiveState, fields: (signature: Signature) => Partial<Signature>): ArchiveState => ({
  ...state,
  signatures: state.signatures.map((signature) => ({ ...signature, ...fields(signature) })),
})

describe('[S2, S4] a signature', () => {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })

  it.each(algorithms)('cannot be checked where there is no %s, and the other one can', async (missing) => {
    const state = await signed()
    without(missing)
    const expected = Object.fromEntries(algorithms.map((each) => [each, each === missing ? 'unchecked' : 'valid']))
    expect(await standings(state)).toEqual(expected)
    expect((await checkSignatures(state)).map(({ isValid }) => isValid)).toEqual(
      algorithms.map((each) => each !== missing),
    )
  })

  it('cannot be checked where there is no WebCrypto at all', async () => {
    const state = await signed()
    vi.stubGlobal('crypto', {})
    expect(await standings(state)).toEqual({ ed25519: 'unchecked', 'ecdsa-p256-sha256': 'unchecked' })
  })

  it('is invalid where it, its key or what it says was changed, or its key is none', async () => {
    const state = await signed()
    const invalid = { ed25519: 'invalid', 'ecdsa-p256-sha256': 'invalid' }
    const flipped = (base64: string) => {
      const bytes = Buffer.from(base64, 'base64')
      bytes[bytes.length - 1]! ^= 1
      return bytes.toString('base64')
    }
    const other = await signed()
    for (const fields of [
      ({ signature }: Signature) => ({ signature: flipped(signature) }),
      ({ signature }: Signature) => ({ signature: signature.slice(4) }),
      (_: Signature) => ({ signer: 'somebody else' }),
      (_: Signature) => ({ key: 'AAAA' }),
      ({ algorithm }: Signature) => ({ key: other.signatures.find((each) => each.algorithm === algorithm)!.key }),
      ({ algorithm }: Signature) => ({ key: state.signatures.find((each) => each.algorithm !== algorithm)!.key }),
    ]) {
      expect(await standings(altered(state, fields)), String(fields)).toEqual(invalid)
    }
  })

  it('[S3] of another state is invalid, also where it could not be checked', async () => {
    const state = await signed()
    vi.stubGlobal('crypto', {})
    for (const fields of [{ root: '0'.repeat(64) }, { generation: 99 }]) {
      expect(await standings(altered(state, () => fields))).toEqual({
        ed25519: 'invalid',
        'ecdsa-p256-sha256': 'invalid',
      })
    }
  })
})
