import { contentKind, familyOf, matchesKind } from './content-kind.ts'
import { ConversionError, type Suggestions } from './conversion-error.ts'
import type { ConversionRule, RuleInput } from './conversion-rules.ts'

/** How far a result may be from its sources; each step loses something and takes its time. */
export const MOST_STEPS = 4

export type PlanSource = { contentType: string; type?: string | undefined }

/** Where an input of a step comes from: one of the sources, or an earlier step; by place. */
export type StepInput = { source: number } | { step: number }
export type PlannedStep = { rule: ConversionRule; inputs: readonly StepInput[] }
export type ConversionPlan = { steps: readonly PlannedStep[]; cost: number }

export type PlanOptions = {
  /** A source that is of the wanted kind already goes through a step all the same, as for another size. */
  mustChange?: boolean
  /** Default {@link MOST_STEPS}: steps from any source to the result. */
  mostSteps?: number
}

/** What can be had, with how it is made: a source, or what a rule makes of such. */
type Made = {
  kind: string
  type: string | undefined
  cost: number
  by: { source: number } | { rule: ConversionRule; inputs: readonly Made[] }
}

/** By kind, the cheapest. One such map for each number of steps, in which what takes fewer steps is not repeated if dearer. */
type Reach = Map<string, Made>

/**
 * The cheapest way to make `to` of all of the sources.
 *
 * @throws ConversionError `not-possible`, with suggestions; `not-needed`
 */
export function planConversion(
  rules: readonly ConversionRule[],
  sources: readonly PlanSource[],
  to: string,
  options: PlanOptions = {},
): ConversionPlan {
  const wanted = contentKind(to)
  const { mustChange = false, mostSteps = MOST_STEPS } = options
  if (!mustChange && sources.length === 1 && contentKind(sources[0]!.contentType) === wanted) {
    throw new ConversionError('not-needed', `the source is ${wanted} already`)
  }
  const found = cheapest(reachOf(rules, sources, mostSteps).slice(1), wanted)
  if (found !== null) return inOrder(found)
  const suggestions = suggest(rules, sources, wanted, mostSteps)
  const names = sources.map(({ contentType }) => contentKind(contentType)).slice(0, 5)
  throw new ConversionError('not-possible', refusal(wanted, names, suggestions), { suggestions })
}

/** Every kind that can be made of all of the sources, the cheapest first. */
export function possibleKinds(
  rules: readonly ConversionRule[],
  sources: readonly PlanSource[],
  mostSteps: number = MOST_STEPS,
): string[] {
  const best = new Map<string, number>()
  for (const reach of reachOf(rules, sources, mostSteps).slice(1)) {
    for (const { kind, cost } of reach.values()) best.set(kind, Math.min(cost, best.get(kind) ?? Infinity))
  }
  return [...best].sort(([, a], [, b]) => a - b).map(([kind]) => kind)
}

function reachOf(rules: readonly ConversionRule[], sources: readonly PlanSource[], mostSteps: number): Reach[] {
  const made = sources.map(({ contentType, type }, source): Made => {
    return { kind: contentKind(contentType), type, cost: 0, by: { source } }
  })
  const chained = rules.filter(({ from }) => from.length === 1 && from[0]!.count !== 'many')
  if (made.length === 1) return spread(chained, [made], mostSteps)
  const joining = rules.filter((rule) => !chained.includes(rule))
  const reaches = made.map((source) => spread(chained, [[source]], mostSteps - 1))
  const begun: Made[][] = [[]]
  for (let steps = 1; steps <= mostSteps; steps++) {
    // What is joined after `steps` has sources at most one step less away.
    const near = reaches.map((reach) => reach.slice(0, steps))
    begun.push(joining.flatMap((rule) => join(rule, near) ?? []))
  }
  return spread(chained, begun, mostSteps)
}

/** @param begun by number of steps, what is there to begin with */
function spread(rules: readonly ConversionRule[], begun: readonly (readonly Made[])[], mostSteps: number): Reach[] {
  const reaches: Reach[] = []
  for (let steps = 0; steps <= mostSteps; steps++) {
    const reach: Reach = new Map()
    for (const made of begun[steps] ?? []) offer(reach, made)
    for (const made of reaches[steps - 1]?.values() ?? []) {
      for (const rule of rules) {
        if (!fits(rule.from[0]!, made)) continue
        const { type, cost } = made
        const next = { kind: contentKind(rule.to), type, cost: cost + rule.cost, by: { rule, inputs: [made] } }
        offer(reach, next)
      }
    }
    reaches.push(reach)
  }
  return reaches
}

function offer(reach: Reach, made: Made): void {
  const before = reach.get(made.kind)
  if (before === undefined || made.cost < before.cost) reach.set(made.kind, made)
}

function fits({ contentType, type }: RuleInput, made: Made): boolean {
  return matchesKind(contentType, made.kind) && (type === undefined || type === made.type)
}

function cheapest(reaches: readonly Reach[], kind: string): Made | null {
  let best: Made | null = null
  for (const reach of reaches) {
    const made = reach.get(kind)
    if (made !== undefined && made.cost < (best?.cost ?? Infinity)) best = made
  }
  return best
}

function cheapestFitting(reaches: readonly Reach[], input: RuleInput): Made | null {
  let best: Made | null = null
  for (const reach of reaches) {
    for (const made of reach.values()) {
      if (fits(input, made) && made.cost < (best?.cost ?? Infinity)) best = made
    }
  }
  return best
}

/** All sources as inputs of one rule, in the cheapest of all ways; null when that can't be. */
function join(rule: ConversionRule, reaches: readonly (readonly Reach[])[]): Made | null {
  const ones = rule.from.filter(({ count }) => count !== 'many')
  const many = rule.from.find(({ count }) => count === 'many')
  if (many === undefined ? reaches.length !== ones.length : reaches.length <= ones.length) return null
  const asMany = reaches.map((reach) => (many === undefined ? null : cheapestFitting(reach, many)))
  const asOne = ones.map((input) => reaches.map((reach) => cheapestFitting(reach, input)))
  const chosen = assign(asOne, asMany)
  if (chosen === null) return null
  // In the order in which the rule names them; the many in the order of the sources.
  const inputs = rule.from.flatMap((input) => {
    if (input !== many) return [asOne[ones.indexOf(input)]![chosen[ones.indexOf(input)]!]!]
    return asMany.filter((_, source) => !chosen.includes(source)).map((made) => made!)
  })
  const cost = inputs.reduce((sum, made) => sum + made.cost, rule.cost)
  return { kind: contentKind(rule.to), type: undefined, cost, by: { rule, inputs } }
}

/** For each input that takes one source, which; those left over all have to fit the input that takes many. */
function assign(asOne: readonly (readonly (Made | null)[])[], asMany: readonly (Made | null)[]): number[] | null {
  const misfits = asMany.filter((made) => made === null).length
  let best: { chosen: number[]; cost: number } | null = null
  const choose = (chosen: number[], cost: number, unfit: number): void => {
    const options = asOne[chosen.length]
    if (options === undefined) {
      if (unfit === 0 && cost < (best?.cost ?? Infinity)) best = { chosen, cost }
      return
    }
    for (const [source, made] of options.entries()) {
      if (made === null || chosen.includes(source)) continue
      const instead = asMany[source]
      choose([...chosen, source], cost + made.cost - (instead?.cost ?? 0), unfit - (instead === null ? 1 : 0))
    }
  }
  choose([], 0, misfits)
  return (best as { chosen: number[] } | null)?.chosen ?? null
}

/** Each step after those that it needs; what serves twice is made once. */
function inOrder(made: Made): ConversionPlan {
  const steps: PlannedStep[] = []
  const places = new Map<Made, StepInput>()
  const place = (each: Made): StepInput => {
    const known = places.get(each)
    if (known !== undefined) return known
    let at: StepInput
    if ('source' in each.by) at = each.by
    else {
      const inputs = each.by.inputs.map(place)
      steps.push({ rule: each.by.rule, inputs })
      at = { step: steps.length - 1 }
    }
    places.set(each, at)
    return at
  }
  place(made)
  return { steps, cost: made.cost }
}

const mostSuggestions = 20

/** What can be made instead, of the wanted family first; what would have to be there as well for what is wanted. */
function suggest(
  rules: readonly ConversionRule[],
  sources: readonly PlanSource[],
  wanted: string,
  mostSteps: number,
): Suggestions {
  const own = new Set(sources.map(({ contentType }) => contentKind(contentType)))
  const kinds = possibleKinds(rules, sources, mostSteps).filter((kind) => !own.has(kind))
  const family = familyOf(wanted)
  const possible = [
    ...kinds.filter((kind) => familyOf(kind) === family),
    ...kinds.filter((kind) => familyOf(kind) !== family),
  ]
  const each = sources.map((source) => reachOf(rules, [source], mostSteps - 1))
  const missing = rules
    .filter(({ to, from }) => contentKind(to) === wanted && from.length > 1)
    .flatMap(({ from }) => {
      const filled = from.filter((input) => each.some((reach) => cheapestFitting(reach, input) !== null))
      const allUsed = each.every((reach) => from.some((input) => cheapestFitting(reach, input) !== null))
      return allUsed && filled.length > 0 ? from.filter((input) => !filled.includes(input)) : []
    })
    .map(({ contentType }) => contentType)
  return { possible: possible.slice(0, mostSuggestions), missing: [...new Set(missing)] }
}

function refusal(wanted: string, sources: readonly string[], { possible, missing }: Suggestions): string {
  const instead = possible.length === 0 ? '' : `; possible: ${possible.join(', ')}`
  const also = missing.length === 0 ? '' : `; it takes ${missing.join(' and ')} as well`
  return `no rule makes ${wanted} of ${sources.join(', ') || 'nothing'}${also}${instead}`
}
