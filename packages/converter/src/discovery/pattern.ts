// The first pass: byte strings that come again and again. Every marker or keyword that repeats exactly contains such a
// string; strings that always occur together are one pattern, as long as all its places agree.

/** A byte string and where it occurs; `length` 0 for what is known by shape alone. */
export type Pattern = {
  start: number
  length: number
  places: Int32Array
  /** Where the byte stands that says which of its places these are, if they are only some of them. */
  divided?: { from: string; offset: number }
  /** Where the records of all kinds with this marker are, if these are only some of them: beyond the next stands another. */
  among?: Int32Array
  /** Whether these are the records of one kind in text: no others are among them, and nothing of them stands elsewhere. */
  kind?: true
  /** Where numbers begin that count the records of all kinds: no times, and no values, unless nothing else could be. */
  counters?: { times: ReadonlySet<number>; values: ReadonlySet<number> }
  /** Bytes of a row, where these are rows of a table: they have no marker. */
  rowSize?: number
}

/** Fewer of a short string prove nothing, whatever stands beside them. */
const leastCounts: Record<number, number> = { 2: 10, 3: 7, 4: 5 }
const mostPlaces = 6_000
const mostPatterns: Record<number, number> = { 4: 6_000, 3: 7_500, 2: 8_000 }

/** Repeating strings of at least two bytes, each grown as far as all its places agree. */
export function repeatingPatterns(bytes: Uint8Array): Pattern[] {
  const seen = new Set<string>()
  const patterns: Pattern[] = []
  const amidText = amidTextOf(bytes)
  for (const size of [4, 3, 2]) {
    const groups = groupsOf(bytes, size, amidText).sort((a, b) => b.length - a.length)
    for (const places of groups) {
      if (patterns.length >= mostPatterns[size]!) break
      const pattern = grown(bytes, places, size)
      if (size < 4 && pattern.length > size + 1) continue
      const key = `${pattern.start} ${places.length} ${pattern.places.at(-1)}`
      if (seen.has(key)) continue
      seen.add(key)
      patterns.push(pattern)
    }
  }
  return patterns
}

/** Places of every string of `size` bytes that occurs more often than noise explains. */
function groupsOf(bytes: Uint8Array, size: number, amidText: Uint8Array): Int32Array[] {
  const slots = size === 2 ? 16 : 22
  const mask = size === 4 ? 0xffffffff : 2 ** (8 * size) - 1
  const counts = new Uint16Array(2 ** slots)
  const slotOf = (gram: number) => (size === 2 ? gram : Math.imul(gram, 0x9e3779b1) >>> (32 - slots))
  const end = bytes.length
  let gram = 0
  for (let at = 0; at < end; at++) {
    gram = ((gram << 8) | bytes[at]!) & mask
    if (at < size - 1 || amidText[at] === 1) continue
    const slot = slotOf(gram)
    if (counts[slot]! < 65_535) counts[slot]!++
  }
  // In noise the count is Poisson: six deviations leave none of the millions of slots by chance.
  const mean = bytes.length / 2 ** Math.min(8 * size, slots)
  const least = Math.max(leastCounts[size]!, mean + 6 * Math.sqrt(mean) + (size < 4 ? 3 : 0))
  const places = new Map<number, number[]>()
  gram = 0
  for (let at = 0; at < end; at++) {
    gram = ((gram << 8) | bytes[at]!) & mask
    if (at < size - 1 || amidText[at] === 1) continue
    const count = counts[slotOf(gram)]!
    if (count < least || count > 40_000) continue
    if (bytes[at] === bytes[at - 1] && bytes[at] === bytes[at - size + 1]) continue
    const list = places.get(gram)
    if (list === undefined) places.set(gram, [at - size + 1])
    else if (list.length <= mostPlaces) list.push(at - size + 1)
  }
  const groups: Int32Array[] = []
  for (const list of places.values()) {
    const kept = apart(list, size)
    if (kept.length >= least && kept.length <= mostPlaces) groups.push(Int32Array.from(kept))
  }
  return groups
}

const aroundText = 20

/** Where nothing but text is around: there words mark records, not any bytes of them. */
function amidTextOf(bytes: Uint8Array): Uint8Array {
  const amid = new Uint8Array(bytes.length)
  let run = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    run = (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13 ? run + 1 : 0
    if (run > 2 * aroundText) amid[at - aroundText] = 1
  }
  return amid
}

/** Without places that overlap the one before: a string that repeats within itself is one. */
function apart(places: readonly number[], size: number): number[] {
  let last = -size
  return places.filter((place) => {
    if (place < last + size) return false
    last = place
    return true
  })
}

/**
 * Patterns without digits at their ends that are a part of numbers which go on outside of them, at all places where what is
 * left occurs: else the records would be chosen by their values.
 */
export function withoutCutNumbers(bytes: Uint8Array, patterns: readonly Pattern[]): Pattern[] {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const seen = new Set<string>()
  const whole: Pattern[] = []
  for (const pattern of patterns) {
    const marker = withoutCutNumber(bytes, pattern)
    if (marker === null || seen.size >= mostTrimmed) continue
    const key = marker.toString('latin1')
    if (seen.has(key)) continue
    seen.add(key)
    const places = allPlaces(haystack, marker)
    if (places.length <= mostPlaces)
      whole.push({ start: places[0]!, length: marker.length, places: Int32Array.from(places) })
  }
  return whole
}

const mostTrimmed = 200

export function allPlaces(haystack: Buffer, marker: Buffer): number[] {
  const places: number[] = []
  for (let at = haystack.indexOf(marker); at >= 0 && places.length <= mostPlaces; ) {
    places.push(at)
    at = haystack.indexOf(marker, at + marker.length)
  }
  return places
}

function withoutCutNumber(bytes: Uint8Array, pattern: Pattern): Buffer | null {
  let left = 0
  let right = pattern.length
  while (right > left && mostlyDigits(bytes, pattern, right - 1) && mostlyDigits(bytes, pattern, right)) right--
  while (left < right && mostlyDigits(bytes, pattern, left) && mostlyDigits(bytes, pattern, left - 1)) left++
  if (right - left === pattern.length || right - left < 3) return null
  return Buffer.from(bytes.subarray(pattern.start + left, pattern.start + right))
}

function mostlyDigits(bytes: Uint8Array, pattern: Pattern, offset: number): boolean {
  let digits = 0
  for (const place of pattern.places) {
    const byte = bytes[place + offset] ?? 0
    // With what stands within decimals, clocks and dates.
    if (byte >= 45 && byte <= 58 && byte !== 47) digits++
  }
  return digits > pattern.places.length * 0.5
}

const longest = 32

function grown(bytes: Uint8Array, places: Int32Array, size: number): Pattern {
  let left = 0
  let right = size
  while (left < longest && agree(bytes, places, -left - 1)) left++
  while (right < longest && agree(bytes, places, right)) right++
  return { start: places[0]! - left, length: right + left, places: places.map((place) => place - left) }
}

function agree(bytes: Uint8Array, places: Int32Array, offset: number): boolean {
  const first = bytes[places[0]! + offset]
  if (first === undefined) return false
  for (const place of places) if (bytes[place + offset] !== first) return false
  return true
}
