// F7: boxes of others, which every edit and compaction keeps.
import { type BoxHeader, HEAD_BYTES, walkBoxes } from './box.ts'
import type { Source } from './source.ts'
import type { ArchiveState } from './state.ts'

/** Boxes of this format and of ISO files that a file has anew when it is written anew. */
const ours = new Set(['ftyp', 'umfh', 'meta', 'umfi', 'umfj', 'umff', 'umfs', 'free', 'skip', 'mdat'])

/** Those behind the main presentation; what lies within belongs to it. */
export async function* extensionBoxes(source: Source, { description, end }: ArchiveState): AsyncGenerator<BoxHeader> {
  const from = Math.max(HEAD_BYTES, description.presentation?.length ?? 0)
  for await (const box of walkBoxes(source, from, end)) if (!ours.has(box.type)) yield box
}

/** What else ISO files and QuickTime's have beside `moov`, for players alone. */
const presentational = new Set(['moov', 'moof', 'mfra', 'sidx', 'ssix', 'styp', 'prft', 'emsg', 'pdin', 'wide'])

/** Those within the main presentation: for who takes its samples elsewhere and leaves what is around them. */
export async function* presentationExtensions(
  source: Source,
  { description }: ArchiveState,
): AsyncGenerator<BoxHeader> {
  for await (const box of walkBoxes(source, HEAD_BYTES, description.presentation?.length ?? HEAD_BYTES)) {
    if (!ours.has(box.type) && !presentational.has(box.type)) yield box
  }
}
