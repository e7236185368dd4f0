// Content that is taken out of an archive, held against what the archive says it is.
import type { Archive } from './archive.ts'
import { type MakeSha256, type Sha256, toHex } from './sha256.ts'
import { UmfError } from './umf-error.ts'

/**
 * All bytes of an item, or of the main presentation, in pieces of at most 1 MiB, each of which holds until the next one is
 * asked for. After the last one it is known whether they are what their digests say.
 *
 * @throws UmfError as {@link Archive.content}; `malformed`: they are not, after all pieces were given
 */
export async function* checkedContent(archive: Archive, name: string, sha256: MakeSha256): AsyncGenerator<Uint8Array> {
  if (archive.presentation?.name === name) {
    yield* checkedPresentation(archive, sha256)
    return
  }
  const { digest } = archive.item(name)
  const hash = sha256()
  for await (const piece of archive.content(name, { isPassing: true })) {
    hash.update(piece)
    yield piece
  }
  if (`sha256:${toHex(hash.digest())}` !== digest) throw damaged(name)
}

/** E4: the presentation is covered by the digests of the file's own structure and media (D2). */
async function* checkedPresentation(archive: Archive, sha256: MakeSha256): AsyncGenerator<Uint8Array> {
  const { name, length } = archive.presentation!
  const cover = archive.state.description.cover.filter(([offset, each]) => offset + each <= length)
  let next = 0
  let at = 0
  let hash: Sha256 = sha256()
  for await (const piece of archive.content(name, { isPassing: true })) {
    yield piece
    for (let from = 0; from < piece.length; ) {
      const entry = cover[next]
      if (entry === undefined) break
      const [offset, bytes, , digest] = entry
      if (at < offset) {
        // Bytes of the head that no digest covers: the slots.
        const skipped = Math.min(offset - at, piece.length - from)
        at += skipped
        from += skipped
        continue
      }
      const part = piece.subarray(from, from + offset + bytes - at)
      hash.update(part)
      at += part.length
      from += part.length
      if (at < offset + bytes) break
      if (toHex(hash.digest()) !== digest) throw damaged(name)
      hash = sha256()
      next++
    }
  }
}

function damaged(name: string): UmfError {
  return new UmfError('malformed', `the content of ${name} is damaged`)
}
