// SPEC.md, Records: changes of an archive that no index describes yet.
import { idText } from './archive-id.ts'
import { box, MOST_INDEX_BYTES } from './box.ts'
import { parseRecord, type RecordContent, toJson } from './description.ts'
import { asReaders } from './index-commit.ts'
import { type MakeSha256, sameBytes, sha256Of } from './sha256.ts'
import { UmfError } from './umf-error.ts'

const ROOT_BYTES = 32

export type RightRecord = { content: RecordContent; root: Uint8Array }

/** A record box; its root is the last 32 bytes. @throws UmfError `too-large`, `invalid` */
export function recordBox(rootBefore: Uint8Array, content: RecordContent, sha256: MakeSha256): Uint8Array {
  const json = toJson(content)
  if (json.length > MOST_INDEX_BYTES - 8 - 2 * ROOT_BYTES)
    throw new UmfError('too-large', 'a change too large for one record')
  asReaders(() => void parseRecord(json, 0))
  return box('umfj', rootBefore, json, sha256Of(sha256, rootBefore, json))
}

/**
 * J2: what a record says, if it is the right next one; else null.
 *
 * @param bytes payload of a `umfj` box
 * @param offset of the payload in the file
 * @throws UmfError `malformed`, `too-large`: whole and next, but against the rules
 */
export function readRecord(
  bytes: Uint8Array,
  offset: number,
  before: { id: Uint8Array; generation: number; root: Uint8Array },
  sha256: MakeSha256,
): RightRecord | null {
  if (bytes.length < 2 * ROOT_BYTES + 2 || !sameBytes(bytes.subarray(0, ROOT_BYTES), before.root)) return null
  const root = bytes.subarray(bytes.length - ROOT_BYTES)
  if (!sameBytes(sha256Of(sha256, bytes.subarray(0, bytes.length - ROOT_BYTES)), root)) return null
  const content = parseRecord(bytes.subarray(ROOT_BYTES, bytes.length - ROOT_BYTES), offset)
  if (content.id !== idText(before.id) || content.generation !== before.generation + 1) return null
  return { content, root: root.slice() }
}
