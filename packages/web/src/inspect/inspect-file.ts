import { type MakeSha256, openArchive, type Source, UmfError } from '@rushes/umf'
import { viewArchive } from './archive-view.ts'
import { type BoxTreeOptions, readBoxTree } from './box-tree.ts'
import { foreignReason } from './foreign-file.ts'
import type { ArchiveView, Inspection } from './inspection.ts'

/**
 * Everything that a page shows of a file.
 *
 * @throws UmfError `not-umf`: neither an archive nor any other ISO base media file; `source`
 */
export async function inspectFile(source: Source, sha256: MakeSha256, boxes: BoxTreeOptions): Promise<Inspection> {
  const first = await source.read(0, Math.min(64, source.size))
  const foreign = foreignReason(first, source.size)
  const opened = await openArchive(source, { sha256 }).catch((fault: unknown) => {
    if (fault instanceof UmfError && fault.code !== 'source') return fault
    throw fault
  })
  // An archive whose first bytes are damaged still opens by its footer.
  if (opened instanceof UmfError && foreign !== null) throw new UmfError('not-umf', foreign, 0)
  const tree = await readBoxTree(source, boxes)
  let archive: ArchiveView | null = null
  let noArchive: Inspection['noArchive'] = null
  if (opened instanceof UmfError)
    noArchive = { code: opened.code, message: opened.message, offset: opened.offset ?? null }
  else archive = await viewArchive(opened, tree, source.size, sha256)
  return { size: source.size, tree, archive, noArchive }
}
