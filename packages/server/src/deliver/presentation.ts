import type { MediaPresentation, PlaylistRepresentation } from '@rushes/media'
import type { Delivery } from './delivery.ts'

/** What players may see of a delivery now: P1's segments, with names relative to the manifest. */
export function presentationOf(delivery: Delivery): MediaPresentation {
  const { manifest, title } = delivery
  const representations = [...manifest.representations.values()].map(({ entry, segments }): PlaylistRepresentation => {
    const { type: _, init, ...described } = entry
    const here = delivery.place(init.name) === undefined ? 0 : delivery.playable(entry.id)
    return {
      ...described,
      init: init.name,
      playlist: `${entry.id}.m3u8`,
      ended: manifest.ended && here === segments.length,
      segments: segments.slice(0, here).map(({ sequence, start, duration, wallClock, file }) => ({
        ...{ sequence, start, duration, wallClock: Date.parse(wallClock) },
        ...{ uri: file.name, size: file.size },
      })),
    }
  })
  const gaps = manifest.entries
    .filter((entry) => entry.type === 'gap')
    .map(({ set, from, to }) => ({ set, from: Date.parse(from), to: Date.parse(to) }))
  return { title, representations, gaps }
}
