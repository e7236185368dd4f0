// Files that were given with an event and are not below its folder: of another input, or of the folder around it.
import type { Note } from '@rushes/pipeline'
import type { FoundFile } from '../input/found-file.ts'
import { UMF_KIND } from '../input/umf-signature.ts'
import type { Claim, FileFacts, Reading } from './family.ts'
import { decksAmong } from './unknown.ts'

const isWords = ({ kind }: FoundFile): boolean => /^(text\/vtt|application\/(x-subrip|ttml\+xml))$/.test(kind)

const isMedium = ({ kind }: FoundFile): boolean => /^(audio|video)\//.test(kind)

/**
 * Other recordings are put in step by what is heard in them, where that is heard in the event's too. Documents are drawn as slides, which nothing turns to; words are taken to count from where the recording begins, which is told.
 *
 * @param others of which the files are events for themselves
 */
export function withFilesBeside(
  reading: Reading,
  files: readonly FoundFile[],
  { root }: Claim,
  others: readonly Claim[],
): Reading {
  const isOwn = ({ name }: FoundFile): boolean =>
    [root, ...others.map((other) => other.root)].some((each) => name.startsWith(each))
  const beside = files.filter((file) => !isOwn(file))
  if (beside.length === 0) return reading
  const facts = new Map<string, FileFacts>(reading.files)
  const notes: Note[] = []
  for (const file of beside.filter(isWords)) {
    facts.set(file.name, { type: 'captions', startMs: reading.kept?.[0]?.startMs ?? 0, ...facts.get(file.name) })
    const message = 'nothing says from when on its times count: they are taken to count from where the recording begins'
    notes.push({ severity: 'info', code: 'assumed-start', message, resource: file.name })
  }
  const unplaced = [...(reading.unplaced ?? []), ...beside.filter(isMedium).map(({ name }) => name)]
  const known = new Set(reading.decks.map(({ name }) => name))
  const decks = decksAmong(beside).filter(({ name }) => !known.has(name))
  return {
    ...reading,
    files: facts,
    unplaced,
    decks: [...reading.decks, ...decks],
    notes: [...reading.notes, ...notes],
  }
}

/** Who may read what is in an archive is for itself to say. */
export function archivesWithin(files: readonly FoundFile[]): Note[] {
  const message =
    'it is an archive already, and kept whole, for its owner alone: to take what is in it, unpack it (rushes unpack) and give the folder'
  return files
    .filter(({ kind }) => kind === UMF_KIND)
    .map(({ name }) => ({ severity: 'warning', code: 'archive-within', message, resource: name }))
}
