import type { MediaPresentation, PlaylistRepresentation } from '@rushes/media'
import type { DeliveryView } from '@rushes/protocol'
import type { Delivery } from './delivery.ts'

/** What players may see of a delivery now: P1's segments, with names relative to the manifest. */
export function presentationOf(delivery: Delivery): MediaPresentation {
  const { manifest, title } = delivery
  const representations = [...manifest.representations.values()].map(
    ({ entry, segments, withdrawn }): PlaylistRepresentation => {
      const { type: _, init, ...described } = entry
      const here = delivery.place(init.name) === undefined ? 0 : delivery.playable(entry.id)
      return {
        ...described,
        init: init.name,
        playlist: `${entry.id}.m3u8`,
        ended: manifest.ended && here === segments.length,
        segments: segments.slice(0, here).map(({ sequence, start, duration, wallClock, file }) => ({
          ...{ sequence, start, duration, wallClock: Date.parse(wallClock) },
          ...{ uri: file.name, size: file.size, isMissing: withdrawn.has(sequence) },
        })),
      }
    },
  )
  const gaps = manifest.entries
    .filter((entry) => entry.type === 'gap')
    .map(({ set, from, to }) => ({ set, from: Date.parse(from), to: Date.parse(to) }))
  return { title, representations, gaps }
}

/** What a delivery's viewers are told. `streamUrl`: what the playlists' addresses begin with; null: nothing opens them. */
export function deliveryView(delivery: Delivery, streamUrl: string | null): DeliveryView {
  const { manifest, arrived } = delivery
  const sets = new Map<string, Set<'video' | 'audio'>>()
  for (const { entry } of manifest.representations.values()) {
    sets.set(entry.set, (sets.get(entry.set) ?? new Set()).add(entry.kind))
  }
  const shown = manifest.bodyRepresentations().map(({ entry, segments }) => {
    const here = delivery.place(entry.init.name) === undefined ? 0 : delivery.playable(entry.id)
    const lengthMs = (count: number): number => {
      const [first, last] = [segments[0], segments[count - 1]]
      if (first === undefined || last === undefined) return 0
      return Math.round((1000 * (last.start + last.duration - first.start)) / entry.timescale)
    }
    return { listed: lengthMs(segments.length), here: lengthMs(here) }
  })
  const playableMs = {
    listed: Math.max(0, ...shown.map(({ listed }) => listed)),
    here: shown.length === 0 ? 0 : Math.min(...shown.map(({ here }) => here)),
  }
  const startedAt = manifest
    .bodyRepresentations()
    .flatMap(({ segments }) => (segments[0] === undefined ? [] : [Date.parse(segments[0].wallClock)]))
    .sort((a, b) => a - b)[0]
  const isBegun = shown.length > 0 && shown.every(({ here }) => here > 0)
  return {
    state: delivery.state,
    hlsUrl: isBegun && streamUrl !== null ? `${streamUrl}/main.m3u8` : null,
    dashUrl: isBegun && streamUrl !== null ? `${streamUrl}/manifest.mpd` : null,
    sets: [...sets].map(([name, kinds]) => ({ name, kinds: [...kinds] })),
    startedAt: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    playableMs,
    files: { listed: manifest.files.size, here: arrived.files },
    bytes: { listed: manifest.bytes, here: arrived.bytes },
    silentMs: Math.round(delivery.silentMs),
  }
}
