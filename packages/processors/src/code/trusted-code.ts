// packages/umf/SPEC.md, X2: code of an archive that somebody has signed whom the host trusts.
import { type Archive, checkedContent, checkSignatures, UmfError } from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import { CodeError } from './code-error.ts'

const mostCodeBytes = 4 * 2 ** 20
const scripts = /^(text|application)\/javascript( ?;.*)?$/

/**
 * The text of a code item. A signature is over the root of the state, which has the digest of every item: the bytes are held
 * against that.
 *
 * @param trustedKeys SubjectPublicKeyInfo in base64, as signatures have them; none: nothing is trusted
 * @throws CodeError `not-code`, `not-trusted`, `damaged`, `too-large`; UmfError `not-found`, `pointer`, `source`
 */
export async function trustedCode(archive: Archive, name: string, trustedKeys: readonly string[]): Promise<string> {
  const { type, contentType, length = 0, encryption, pointer } = archive.item(name)
  if (type !== 'code' || !scripts.test(contentType) || encryption !== undefined || pointer !== undefined)
    throw new CodeError('not-code', `${name} is no JavaScript that lies in the archive as it is`)
  if (length > mostCodeBytes) throw new CodeError('too-large', `${name} has ${length} bytes, over ${mostCodeBytes}`)
  const signatures = await checkSignatures(archive.state)
  if (!signatures.some(({ isValid, key }) => isValid && trustedKeys.includes(key)))
    throw new CodeError('not-trusted', 'no key that is trusted here has signed this state of the archive')
  return await read(archive, name)
}

async function read(archive: Archive, name: string): Promise<string> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of checkedContent(archive, name, nodeSha256)) pieces.push(piece.slice())
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))
  } catch (fault) {
    if (fault instanceof UmfError && fault.code !== 'malformed') throw fault
    throw new CodeError('damaged', `${name} is not what its digest says, or no UTF-8`)
  }
}
