// SPEC.md, Access. The one function that decides; whoever gives bytes, names, counts or pieces of text asks it.
import { DEFAULT_LEVEL, type Item } from './item.ts'

/** Who asks. */
export type Caller = {
  /** 0 is the owner's, 1000 that of somebody unknown. */
  level: number
  /** What the host knows of the caller: `{group: ['staff'], department: […], place: […], …}`. */
  attributes: Readonly<Record<string, readonly string[]>>
}

export const owner: Caller = { level: 0, attributes: {} }
export const anonymous: Caller = { level: DEFAULT_LEVEL, attributes: {} }

/** What decides over an item or the main presentation. */
export type Restricted = Pick<Item, 'level' | 'limits'>

/** L1, L2. */
export function mayRead(caller: Caller, { level = DEFAULT_LEVEL, limits = {} }: Restricted): boolean {
  if (caller.level === 0) return true
  if (caller.level > level) return false
  return Object.entries(limits).every(([attribute, allowed]) => {
    const own = Object.hasOwn(caller.attributes, attribute) ? caller.attributes[attribute]! : []
    return isListOfTexts(allowed) && allowed.some((value) => own.includes(value))
  })
}

/** L4: what is made from several items is as closed as the most closed of them, in each respect. */
export function strictest(sources: readonly Restricted[]): {
  level: number
  limits: Record<string, readonly string[]>
} {
  const together = new Map<string, readonly string[]>()
  for (const { limits = {} } of sources) {
    for (const [attribute, allowed] of Object.entries(limits)) {
      // A limit that nobody meets is one without values.
      const values = isListOfTexts(allowed) ? allowed : []
      const before = together.get(attribute) ?? values
      together.set(
        attribute,
        before.filter((value) => values.includes(value)),
      )
    }
  }
  const levels = sources.map(({ level = DEFAULT_LEVEL }) => level)
  return { level: levels.length === 0 ? DEFAULT_LEVEL : Math.min(...levels), limits: Object.fromEntries(together) }
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
