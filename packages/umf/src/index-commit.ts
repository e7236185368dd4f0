import { type Anchor, FOOTER_BYTES } from './anchor.ts'
import type { Appender } from './appender.ts'
import { box, HEAD_BYTES, joined, MOST_INDEX_BYTES } from './box.ts'
import { type Description, parseDescription, toJson } from './description.ts'
import { indexPayload } from './index-box.ts'
import { checkCover, checkPlaces } from './places.ts'
import { type MakeSha256, sha256Of } from './sha256.ts'
import { UmfError } from './umf-error.ts'

export type NewIndex = { description: Description; idat: readonly Uint8Array[]; type: 'meta' | 'umfi' }

/** Writes the index box of a state, and says what its footer is to hold. @throws UmfError `too-large`, `invalid` */
export async function appendIndex(
  appender: Appender,
  { description, idat, type }: NewIndex,
  id: Uint8Array,
  sha256: MakeSha256,
): Promise<Anchor> {
  const inline = joined(idat)
  const json = toJson(description)
  asReaders(() => {
    const read = parseDescription(json, appender.at)
    checkPlaces(read, appender.at, inline.length)
    checkCover(read.cover, HEAD_BYTES, appender.at, true)
  })
  const payload = joined(indexPayload(description, inline, json))
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

/** What no reader would take is not written: the state before it could not be come back to. @throws UmfError */
export function asReaders(check: () => void): void {
  try {
    check()
  } catch (fault) {
    if (!(fault instanceof UmfError) || fault.code === 'too-large') throw fault
    throw new UmfError('invalid', `what can't be read can't be written: ${fault.message}`)
  }
}
