import { type Extent, type Layout, makeLayout, sliceLayout } from '@rushes/media'
import { type ArchiveResource, type Item, SLOTS } from '@rushes/umf'
import { archiveHeadBytes } from './archive-head.ts'
import type { RecordingContent } from './archives.ts'

/** One item of a recording's archive, or its main presentation, as a file of its own. @throws Error for a pointer */
export function resourceLayout(
  { archive, layout }: Omit<RecordingContent, 'parts'>,
  resource: ArchiveResource,
): Layout {
  const { contentType } = resource
  const { presentation, state } = archive
  if (resource === presentation) {
    const extents = sliceLayout(layout, archiveHeadBytes, presentation.length)
    return makeLayout(contentType, [presentationHead(layout), ...extents], layout.patches)
  }
  const { inline, extents, pointer } = resource as Item
  if (pointer !== undefined) throw new Error('what lies elsewhere has no layout')
  const places = inline === undefined ? (extents ?? []) : [[state.idat.at + inline[0], inline[1]] as const]
  const pieces = places.flatMap(([offset, length]) => sliceLayout(layout, offset, offset + length))
  return makeLayout(contentType, pieces, layout.patches)
}

/** E4: its slots tell of items; they are zero in what is given as the presentation alone. */
function presentationHead(layout: Layout): Extent {
  const [head] = layout.extents
  if (head?.kind !== 'bytes') throw new Error('an archive begins with its head')
  const bytes = head.bytes.slice(0, archiveHeadBytes)
  bytes.fill(0, SLOTS[0])
  return { kind: 'bytes', bytes }
}
