import { baseName, type FoundFile } from '../input/found-file.ts'
import type { Deck, Reading, Track } from './family.ts'

/** Files of no family: what plays is the event, what has pages are its slides, and nothing says what belongs when. */
export function readPlain(files: readonly FoundFile[]): Reading {
  const playable = files.filter(({ kind }) => /^(audio|video)\//.test(kind)).sort((left, right) => right.size - left.size)
  const main = playable.find(({ kind }) => kind.startsWith('video/')) ?? playable[0]
  const tracks: Track[] = main === undefined ? [] : [{ file: main.name, role: 'main', startMs: 0, endMs: null }]
  const decks = files
    .filter(({ kind }) => kind === 'application/pdf')
    .map(({ name }): Deck => ({ name: baseName(name), title: baseName(name), document: name, pages: [] }))
  return {
    format: playable.length > 0 ? 'media' : files.length > 1 ? 'folder' : 'unknown',
    ...{ metadata: {}, kept: null, tracks, decks: uniqueDecks(decks), files: new Map(), events: [], notes: [] },
  }
}

function uniqueDecks(decks: readonly Deck[]): Deck[] {
  const names = new Set<string>()
  return decks.map((deck) => {
    const name = names.has(deck.name) ? deck.document! : deck.name
    names.add(name)
    return { ...deck, name }
  })
}
