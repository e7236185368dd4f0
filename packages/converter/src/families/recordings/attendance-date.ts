// Dates as reports have them: in the form of the machine on which the report was saved, which the report does not name.
export type DateOrder = 'day-first' | 'month-first'

const isoDate = String.raw`(?<year>\d{4})\s?[-/.年]\s?(?<month>\d{1,2})\s?[-/.月]\s?(?<day>\d{1,2})\.?日?`
const shortDate = String.raw`(?<one>\d{1,2})(?:[/.-]\s?)(?<other>\d{1,2})(?:[/.-]\s?)(?<shortYear>\d{4}|\d{2})\.?`
/** Before noon or after it: behind the time or, in the east of Asia, in front of it. */
const half = String.raw`[ap]\.?\s?m\.?|午前|午後|上午|下午|오전|오후|π\.?μ\.?|μ\.?μ\.?`
const time = String.raw`(?:(?<before>${half})\s?)?(?<hours>\d{1,2})[:.](?<minutes>\d{2})(?:[:.](?<seconds>\d{2}))?(?:\s?(?<behind>${half}))?`
/** `15/11/22, 09:30:17`, `15/11/2022 à 09:30:17`, `2022-11-15T09:30:17`. */
const between = String.raw`(?:[T,]\s?|\s)\s*(?:(?:à|at|um|a las|às|alle|om|kl\.?|klo|в|о)\s)?\s*`
const forms = [isoDate, shortDate].map((date) => new RegExp(`^${date}${between}${time}$`, 'iu'))

/** As a date of no zone, ms; null: it is none. */
export function dateOf(text: string, order: DateOrder): number | null {
  // What stands between parts is often no plain space, and marks of direction may stand anywhere.
  const plain = text.replaceAll(/[\u200e\u200f\u202a-\u202e]/g, '').trim()
  if (plain.length > 60) return null
  const found = forms.map((form) => form.exec(plain)?.groups).find((groups) => groups !== undefined)
  if (found === undefined) return null
  const number = (name: string): number => Number(found[name] ?? 0)
  const [day, month] =
    found['one'] === undefined
      ? [number('day'), number('month')]
      : order === 'day-first'
        ? [number('one'), number('other')]
        : [number('other'), number('one')]
  const given = found['year'] === undefined ? number('shortYear') : number('year')
  const year = given < 100 ? 2000 + given : given
  const said = (found['before'] ?? found['behind'])?.toLowerCase()
  const isLate = said !== undefined && /^(?:p|午後|下午|오후|μ)/.test(said)
  const hours = said === undefined ? number('hours') : (number('hours') % 12) + (isLate ? 12 : 0)
  if (month < 1 || month > 12 || day < 1 || day > 31 || hours > 23) return null
  return Date.UTC(year, month - 1, day, hours, number('minutes'), number('seconds'))
}

/** A month is no 15; where that tells nothing, hours of two halves are written where months come first. */
export function dateOrderOf(texts: readonly string[]): DateOrder {
  const pairs = texts.flatMap((text) => {
    const found = /^\s*(\d{1,2})[/.-]\s?(\d{1,2})[/.-]\s?\d{2,4}/.exec(text)
    return found === null ? [] : [[Number(found[1]), Number(found[2])] as const]
  })
  if (pairs.some(([first]) => first > 12)) return 'day-first'
  if (pairs.some(([, second]) => second > 12)) return 'month-first'
  return texts.some((text) => /^\s*\d{1,2}\/\d{1,2}\/\d{2,4}\D.*[ap]\.?\s?m\.?\s*$/i.test(text))
    ? 'month-first'
    : 'day-first'
}
