import { type MakeSha256, openArchive, type Source, UmfError } from '@rushes/umf'
import { viewArchive } from './archive-view.ts'
import { type BoxTreeOptions, readBoxTree } from './box-tree.ts'
import { foreignReason } from './foreign-file.ts'
import type { Inspection } from './inspection.ts'

/**
 * Everything that a page shows of a file.
 *
 * @throws UmfError `not-umf`: neither an archive nor any other ISO base media file; `source`
 */
export async function inspectFile(source: Source, sha256: MakeSha256, boxes: BoxTreeOptions): Promise<Inspection> {
  const first = await source.read(0, Math.min(64, source.size))
  const foreign = foreignReason(first, source.size)
  const opened = await openArchive(source, { sha256 }).catch(toldOf)
  // An archive whose first bytes are damaged still opens by its footer.
  if (opened instanceof UmfError && foreign !== null) throw new UmfError('not-umf', foreign, 0)
  const tree = await readBoxTree(source, boxes)
  const viewed =
    opened instanceof UmfError ? opened : await viewArchive(opened, tree, source.size, sha256).catch(toldOf)
  if (!(viewed instanceof UmfError)) return { size: source.size, tree, archive: viewed, noArchive: null }
  const { code, message, offset = null } = viewed
  return { size: source.size, tree, archive: null, noArchive: { code, message, offset } }
}

/** What is wrong with the file is shown beside its boxes; where it can't be read there is nothing to show. */
function toldOf(fault: unknown): UmfError {
  if (fault instanceof UmfError && fault.code !== 'source') return fault
  throw fault
}
