// A conversion while it runs: what is known by now of what lies in the input.
import type { Resource } from '@rushes/pipeline'
import type { FoundFile } from './input/found-file.ts'
import { deckKind, fileKind, lookedKind, trackKind } from './job-kinds.ts'

export type FoundFileView = {
  name: string
  /** What it is by its content: a media type. */
  kind: string
  bytes: number
  /** Name of the archive that it comes out of. */
  container: string | null
}

export type FoundTrackView = {
  file: string
  role: string
  /** On the event's clock, ms; the end is known once it was looked through. */
  startMs: number
  endMs: number | null
}

export type FoundSoFar = {
  /** The first of them, by name. */
  files: FoundFileView[]
  filesCount: number
  tracks: FoundTrackView[]
  decks: { title: string; pages: number | null }[]
}

/** @param most files, tracks and decks that are told */
export function foundSoFar(resources: readonly Resource[], most: number): FoundSoFar {
  const ofFiles = resources.filter(({ kind }) => kind.startsWith('file/'))
  const files = fileKind.all(ofFiles.slice(0, most)).sort((left, right) => (left.name < right.name ? -1 : 1))
  const looked = new Map(lookedKind.all(resources).map((each) => [each.index, each]))
  const tracks = trackKind.all(resources.filter((each) => trackKind.is(each)).slice(0, most))
  return {
    files: files.map(fileView),
    filesCount: ofFiles.length,
    tracks: tracks.map(({ index, track: { file, role, startMs, endMs } }) => {
      const facts = looked.get(index)?.facts
      return { file, role, startMs, endMs: endMs ?? (facts === undefined ? null : startMs + facts.durationMs) }
    }),
    decks: deckKind
      .all(resources.filter((each) => deckKind.is(each)).slice(0, most))
      .map(({ deck: { title, name, pages } }) => ({ title: title ?? name, pages: pages.length || null })),
  }
}

function fileView({ name, kind, size, container }: FoundFile): FoundFileView {
  return { name, kind, bytes: size, container: container ?? null }
}
