// What a deck says, slide by slide, whichever program it was made with.

/** Media types of decks that are not drawn as they are. */
export const PPTX = 'application/vnd.openxmlformats-officedocument.presentationml.presentation'
export const ODP = 'application/vnd.oasis.opendocument.presentation'
export const PPT = 'application/vnd.ms-powerpoint'

export type DeckKind = typeof PPTX | typeof ODP | typeof PPT

export type DeckSlide = {
  /** Lines, without its number, date and foot. */
  text: string
  /** Of the speaker. */
  notes: string
  /** Why it can't be read as it should, or null. */
  problem: string | null
}

export type DeckContent = {
  kind: DeckKind
  title: string
  slides: DeckSlide[]
  /** Families of fonts that it names. */
  fonts: string[]
  /** How many pictures were put into it. */
  pictures: number
  /** A small picture of the first slide, where it has one. */
  thumbnail: { contentType: 'image/png' | 'image/jpeg'; bytes: Uint8Array } | null
}

/** One that was put into a deck, in a file of its own. `length`: bytes */
export type DeckPicture = { contentType: string; path: string; length: number }

/** Of one slide or its notes, in letters. */
export const MOST_TEXT = 100_000
export const MOST_SLIDES = 2000
const mostFonts = 100

/** Without what no reader sees: trailing spaces, runs of empty lines, control characters. */
export function tidyText(lines: readonly string[]): string {
  return (
    lines
      .join('\n')
      .replaceAll(/[\v\r]+/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken away
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
      .replaceAll(/[ \t\u00a0]+$/gm, '')
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim()
      .slice(0, MOST_TEXT)
  )
}

/** Those that a system can have, each once. */
export function fontFamilies(names: Iterable<string | undefined>): string[] {
  const found = new Set<string>()
  for (const name of names) {
    const family = name?.replaceAll(/^['"\s]+|['"\s]+$/g, '') ?? ''
    // +mn-lt and its like stand for what the theme says.
    if (family === '' || family.length > 100 || family.startsWith('+') || family.startsWith('@')) continue
    if (found.size < mostFonts) found.add(family)
  }
  return [...found].sort()
}
