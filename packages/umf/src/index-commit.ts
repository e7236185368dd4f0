import { type Anchor, FOOTER_BYTES } from './anchor.ts'
import type { Appender } from './appender.ts'
import { box, joined, MOST_INDEX_BYTES } from './box.ts'
import type { Description } from './description.ts'
import { indexPayload } from './index-box.ts'
import { type MakeSha256, sha256Of } from './sha256.ts'
import { UmfError } from './umf-error.ts'

export type NewIndex = { description: Description; idat: readonly Uint8Array[]; type: 'meta' | 'umfi' }

/** Writes the index box of a state, and says what its footer is to hold. @throws UmfError `too-large` */
export async function appendIndex(
  appender: Appender,
  { description, idat, type }: NewIndex,
  id: Uint8Array,
  sha256: MakeSha256,
): Promise<Anchor> {
  const payload = joined(indexPayload(description, joined(idat)))
  if (payload.length + 8 > MOST_INDEX_BYTES) throw new UmfError('too-large', 'more items than an index can describe')
  const bytes = box(type, payload)
  const anchor: Anchor = {
    generation: description.generation,
    indexOffset: appender.at,
    indexSize: bytes.length,
    end: appender.at + bytes.length + FOOTER_BYTES,
    id,
    root: sha256Of(sha256, payload),
  }
  await appender.proven(bytes)
  return anchor
}
