/**
 * Archives in whose description, or record, one value was drawn from a seed, with every digest right: what a reader makes
 * of them is nobody's intention, but it has to be the same for all readers.
 */
import { seededRandom } from '../../media/test/seeded-random.ts'
import { DATA, type Draft, dataAt, hex, type Loose, made, presented, recordItem } from './rule-breakers.ts'

export type DrawnDescription = { name: string; bytes: Uint8Array }

/** A value that stands in another, in words too. */
type Place = { keys: readonly (string | number)[]; value: unknown }

const strange: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  0,
  1,
  7,
  0.5,
  1e12,
  1e13,
  1e300,
  2 ** 31,
  2 ** 53,
  DATA,
  DATA + 32,
  '',
  'one',
  'a/b',
  'text/plain',
  'text/plain; a="ü"',
  'ｎ',
  '\u212b',
  '\u{1d160}',
  'a\u0000',
  '😀'.repeat(70),
  'x'.repeat(1001),
  'AA==',
  'AB==',
  'A===',
  'AA',
  'free',
  `sha256:${'0'.repeat(64)}`,
  [],
  {},
  [[]],
  [[DATA, 16]],
  [DATA, 16],
  [null],
  ['one'],
  { '': {} },
  { for: 'show', module: 'urn:a' },
  [{ for: 'show', module: 'urn:a' }],
  [{ name: 'n', data: 'AAA=' }],
  { items: ['one'], by: 'hand' },
  { module: 'urn:a' },
]

/** Members that need not be there, and therefore are seldom met. */
const optional = ['level', 'limits', 'startMs', 'endMs', 'title', 'language', 'requires', 'encryption', 'from']
const more = [...optional, 'metadata', 'extensions', 'erases', 'presentation', 'put', 'remove', 'inline', 'pointer']

export function drawnDescriptions(seed: number, count: number): DrawnDescription[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, number) => {
    const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!
    const spoiler = (value: unknown): ((value: unknown) => void) & { words: string } => {
      const places = placesIn(value)
      const objects = places.filter(({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value))
      const keys = random() < 0.3 ? [...pick(objects).keys, pick(more)] : pick(places.slice(1)).keys
      const stranger = random() < 0.3 ? pick(places.slice(1)).value : pick(strange)
      const words = `${keys.join('.')} is ${JSON.stringify(stranger)?.slice(0, 80)}`
      return Object.assign((spoilt: unknown) => set(spoilt, keys, structuredClone(stranger)), { words })
    }
    return number % 4 === 0 ? drawnRecord(spoiler) : drawnIndex(spoiler, number % 2 === 0)
  })
}

type Spoiler = (value: unknown) => ((value: unknown) => void) & { words: string }

function drawnIndex(spoiler: Spoiler, hasPresentation: boolean): DrawnDescription {
  const base = hasPresentation ? presented() : {}
  let spoil: ReturnType<Spoiler> | null = null
  const describe = (draft: Draft) => {
    base.describe?.(draft)
    spoil ??= spoiler(draft)
    spoil(draft)
  }
  const words = () => spoil!.words
  try {
    return { bytes: made({ describe }), name: words() }
  } catch {
    // No `iloc` can be made of it: that of the description as it was stands there.
    const json = (text: string) => {
      const draft = JSON.parse(text) as Draft
      spoil!(draft)
      return JSON.stringify(draft)
    }
    return { bytes: made({ ...base, json }), name: words() }
  }
}

function drawnRecord(spoiler: Spoiler): DrawnDescription {
  const bytes = dataAt(DATA + 32, 32)
  const record: Loose = {
    put: [
      recordItem({ extents: [[DATA + 32, 32]], length: 32, digest: `sha256:${hex(bytes)}` }),
      recordItem({ name: 'one', title: 'new' }),
    ],
    remove: ['two'],
    metadata: { title: null, notes: [] },
    cover: [],
  }
  const spoil = spoiler(record)
  spoil(record)
  return { bytes: made({ records: [record] }), name: `record: ${spoil.words}` }
}

function placesIn(value: unknown, keys: readonly (string | number)[] = []): Place[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return [
    { keys, value },
    ...inner.flatMap(([key, each]) => placesIn(each, [...keys, Array.isArray(value) ? Number(key) : key])),
  ]
}

function set(value: unknown, keys: readonly (string | number)[], stranger: unknown): void {
  const holder = keys.slice(0, -1).reduce((each, key) => (each as Loose)[key], value) as Loose
  const last = keys.at(-1)!
  if (stranger === undefined && !Array.isArray(holder)) delete holder[last]
  else Object.assign(holder, { [last]: stranger })
}
