// Text of two bytes a character (UTF-16) is read as if it had one: then numbers and keywords are what they are elsewhere.

export type Narrowed = { bytes: Uint8Array; placeOf(place: number): number }

/** Shorter runs of such text are chance, or numbers. */
const leastCharacters = 4
/** Less of it than this is not worth the reading. */
const leastBytes = 400

/** The bytes with every run of wide text narrowed; null if there is next to none. */
export function narrowed(bytes: Uint8Array): Narrowed | null {
  const narrow = new Uint8Array(bytes.length)
  const runs: { from: number; place: number; end: number }[] = []
  let length = 0
  let wide = 0
  for (let at = 0; at < bytes.length; ) {
    const characters = runAt(bytes, at)
    if (characters < leastCharacters) {
      narrow[length++] = bytes[at++]!
      continue
    }
    const shift = bytes[at] === 0 ? 1 : 0
    runs.push({ from: length, place: at, end: length + characters })
    for (let each = 0; each < characters; each++) narrow[length++] = bytes[at + 2 * each + shift]!
    at += 2 * characters
    wide += 2 * characters
  }
  if (wide < leastBytes) return null
  return { bytes: narrow.subarray(0, length), placeOf: (place) => widePlace(runs, place) }
}

/** Characters of wide text that begin here, in either byte order. */
function runAt(bytes: Uint8Array, at: number): number {
  const shift = bytes[at] === 0 ? 1 : 0
  let characters = 0
  while (isText(bytes[at + 2 * characters + shift]) && bytes[at + 2 * characters + 1 - shift] === 0) characters++
  return characters
}

function isText(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13 || byte >= 0xc0)
}

function widePlace(runs: readonly { from: number; place: number; end: number }[], place: number): number {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (runs[middle]!.from <= place) low = middle + 1
    else high = middle
  }
  const run = runs[low - 1]
  if (run === undefined) return place
  return place < run.end ? run.place + 2 * (place - run.from) : run.place + 2 * (run.end - run.from) + place - run.end
}
