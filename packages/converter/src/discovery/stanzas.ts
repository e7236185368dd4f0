// Names with a number each, of which one comes in every record, be it the first or the last of it: the time.

import type { Span } from './span.ts'

const leastStanzas = 4
const leastShare = 0.4
const namedNumber = /([A-Za-z_]+)["']?[ \t]?[=:# ][ \t]?(?=\d)/g

/** The records of many pieces of text; pieces that have one each, or none that is told so, are left as they are. */
export function stanzasOf(text: string, spans: readonly Span[]): Span[] {
  const names = spans.map(([from, to]) =>
    Array.from(text.slice(from, to).matchAll(namedNumber), ({ index, 1: name }) => ({
      name: name!,
      place: from + index,
    })),
  )
  const counts = new Map<string, number>()
  for (const { name } of names.flat()) counts.set(name, (counts.get(name) ?? 0) + 1)
  const [usual, count] = [...counts].reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0])
  const inside = names.filter((list) => list.some(({ name }) => name === usual)).length
  if (count < leastStanzas || count < 1.2 * inside || count < names.flat().length * leastShare) return [...spans]
  const known = names.map((list) => list.filter(({ name }) => counts.get(name)! >= leastStanzas))
  const first = known.filter(([head]) => head?.name === usual).length
  const leads = first > inside / 2
  return spans.flatMap(([from, to], index) => {
    const list = names[index]!
    const starts = list
      .filter(({ name }, at) => (leads ? name === usual : at > 0 && list[at - 1]!.name === usual))
      .map(({ place }) => place)
    const edges = [from, ...starts.filter((place) => place > from), to]
    return edges.slice(1).map((edge, at): Span => [edges[at]!, edge])
  })
}
