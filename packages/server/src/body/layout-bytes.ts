import { applyPatches, type Layout } from '@rushes/media'

/** Bytes between two samples that are read along: one read costs more than them. */
const readAlong = 64 * 1024

/** A small layout as bytes, with as few reads of the body as its extents allow. `read` answers with all that is asked for. */
export async function layoutBytes(
  layout: Layout,
  read: (offset: number, length: number) => Promise<Uint8Array>,
): Promise<Buffer> {
  const result = Buffer.allocUnsafe(layout.size)
  const spans: { start: number; end: number; to: { at: number; offset: number; length: number }[] }[] = []
  const wanted: { at: number; offset: number; length: number }[] = []
  let at = 0
  for (const extent of layout.extents) {
    if (extent.kind === 'bytes') {
      result.set(extent.bytes, at)
      at += extent.bytes.length
    } else {
      wanted.push({ at, offset: extent.offset, length: extent.length })
      at += extent.length
    }
  }
  // Picture and sound lie in turns in the body, and one after the other in the layout.
  for (const each of wanted.sort((a, b) => a.offset - b.offset)) {
    const last = spans.at(-1)
    const end = each.offset + each.length
    if (last !== undefined && each.offset <= last.end + readAlong) {
      last.end = Math.max(last.end, end)
      last.to.push(each)
    } else spans.push({ start: each.offset, end, to: [each] })
  }
  await Promise.all(
    spans.map(async ({ start, end, to }) => {
      const bytes = await read(start, end - start)
      for (const { at, offset, length } of to) {
        const target = result.subarray(at, at + length)
        target.set(bytes.subarray(offset - start, offset - start + length))
        applyPatches(layout.patches, offset, target)
      }
    }),
  )
  return result
}
