import type { View } from '@rushes/media'

/** The files that a published body is seen as; each may be built when it is asked for the first time. */
export type Views = { readonly mp4: View; readonly webm: View }

/** Headers are kept up to this many bytes in all, the least recently used let go first; disk has them too. */
const budgetBytes = 64 * 1024 * 1024

/** Views of the recordings that were asked for lately. */
export interface ViewCache {
  get(id: string): Views | undefined
  put(id: string, views: Views): void
  drop(id: string): void
}

export function openViewCache(): ViewCache {
  const entries = new Map<string, { views: Views; bytes: number }>()
  let total = 0

  function drop(id: string): void {
    const entry = entries.get(id)
    if (entry === undefined) return
    entries.delete(id)
    total -= entry.bytes
  }

  return {
    get(id) {
      const entry = entries.get(id)
      if (entry === undefined) return undefined
      // Maps keep the order of insertion: last in is last used.
      entries.delete(id)
      entries.set(id, entry)
      return entry.views
    },
    put(id, views) {
      drop(id)
      // The index of seek points in the WebM view is a small part of what moov is; measuring it would build it.
      const bytes = heldBytes(views.mp4)
      entries.set(id, { views, bytes })
      total += bytes
      for (const oldest of entries.keys()) {
        if (total <= budgetBytes || oldest === id) break
        drop(oldest)
      }
    },
    drop,
  }
}

function heldBytes(view: View): number {
  if (view.state !== 'ready') return 0
  let bytes = 0
  for (const extent of view.layout.extents) if (extent.kind === 'bytes') bytes += extent.bytes.length
  return bytes + (view.layout.patches?.count ?? 0) * 17
}
