import { ODP, PPT, PPTX } from '@rushes/processors'
import { baseName, type FoundFile } from '../input/found-file.ts'
import type { Deck, Reading } from './family.ts'
import { pictureDecks } from './picture-decks.ts'

/** Files of no family: what has pages are slides, and nothing says what belongs when. */
export function readPlain(files: readonly FoundFile[]): Reading {
  const decks = decksAmong(files)
  const format = files.length > 1 ? 'folder' : 'unknown'
  return { format, metadata: {}, kept: null, tracks: [], decks, files: new Map(), events: [], notes: [] }
}

const isDeck = (kind: string): boolean => ['application/pdf', PPTX, ODP, PPT].includes(kind)

/** Each document of which pages can be drawn, under a name of its own, and slides that are pictures. */
export function decksAmong(files: readonly FoundFile[]): Deck[] {
  const names = new Set<string>()
  const documents = files
    .filter(({ kind }) => isDeck(kind))
    .map(({ name: document }) => {
      const title = baseName(document)
      const name = names.has(title) ? document : title
      names.add(name)
      return { name, title, document, pages: [] }
    })
  return [...documents, ...pictureDecks(files)]
}
