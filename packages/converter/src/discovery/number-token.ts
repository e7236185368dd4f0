// Numbers as text, wherever text is: what a program printed, between bytes of any kind.

export type TokenForm = 'whole' | 'decimal' | 'clock' | 'date'

export type NumberTokens = {
  starts: Int32Array
  ends: Int32Array
  forms: TokenForm[]
  texts: string[]
  /** What stands before the number, as far as it names it: `page="`, `, `. */
  keys: string[]
}

const numbers =
  /\d{4}([-/])\d\d\1\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|\d{1,5}:\d\d(?::\d\d)?(?:\.\d{1,9}|,\d{3}(?!\d))?|\d+(?:\.\d+)?/g
const mostTokens = 400_000

export function numberTokens(text: string): NumberTokens {
  const starts: number[] = []
  const ends: number[] = []
  const forms: TokenForm[] = []
  const texts: string[] = []
  const keys: string[] = []
  for (const match of text.matchAll(numbers)) {
    if (starts.length >= mostTokens) break
    const token = match[0]
    if (token.length > 40) continue
    starts.push(match.index)
    ends.push(match.index + token.length)
    texts.push(token)
    forms.push(/[-/]/.test(token) ? 'date' : token.includes(':') ? 'clock' : token.includes('.') ? 'decimal' : 'whole')
    keys.push(keyOf(text, match.index))
  }
  return { starts: Int32Array.from(starts), ends: Int32Array.from(ends), forms, texts, keys }
}

const naming = /[A-Za-z_][A-Za-z_.-]*["']?[\s:=#>("'[]{1,6}$/

function keyOf(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - 20), at)
  return naming.exec(before)?.[0] ?? ''
}

/** The number that a token stands for, exactly: whole numbers as such, clocks and dates in ms. NaN for what is none. */
export function tokenValue(text: string, form: TokenForm): number | bigint {
  if (form === 'whole') return text.length < 16 ? Number(text) : BigInt(text.slice(0, 38))
  if (form === 'decimal') return Number(text)
  if (form === 'date') {
    const date = text.replaceAll('/', '-').replace(' ', 'T').replace(',', '.')
    return Date.parse(/[Z+]|-\d\d:?\d\d$/.test(date.slice(19)) ? date : `${date}Z`)
  }
  const [last, minutes, hours] = text.replace(',', '.').split(':').reverse()
  return Math.round((Number(last) + 60 * Number(minutes) + 3_600 * Number(hours ?? 0)) * 1e6) / 1e3
}

/** The first token that starts at or behind `place`. */
export function tokenFrom(tokens: NumberTokens, place: number): number {
  let low = 0
  let high = tokens.starts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (tokens.starts[middle]! < place) low = middle + 1
    else high = middle
  }
  return low
}

/** The name before a number, if it stands in the record that begins at `from`: else it is the end of the one before. */
export function nameIn({ keys, starts }: NumberTokens, index: number, from: number): string {
  const key = keys[index]!
  return starts[index]! - key.length < from ? '' : key
}
