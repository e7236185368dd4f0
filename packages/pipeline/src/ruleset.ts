// Which tasks there are: data, so that a host can change what is done without changing code.
import { z } from 'zod'
import { patternsMeet } from './kind-pattern.ts'
import { PipelineError } from './pipeline-error.ts'

/** Who can do a task, and what that is expected to take. */
export type Candidate = {
  processor: string
  /** For each task, and more for each MB (10^6 bytes) that it takes. */
  seconds: number
  secondsPerMb?: number | undefined
  /** Over what the process itself has. */
  memoryBytes: number
  /** Default 1. */
  cores?: number | undefined
}

export type Rule = {
  /** Unique: names its tasks. */
  name: string
  /** Pattern of kinds: a task for each such resource. */
  each?: string | undefined
  /** Patterns: all of these as well, once no more of them can come. Without `each` it is one task. */
  all?: readonly string[] | undefined
  /** Patterns of what may come of it. */
  gives: readonly string[]
  /** The best first; each next one is tried when the one before gave nothing. */
  candidates: readonly Candidate[]
  /** Where nobody can do it, the job stops; else it goes on without. */
  isRequired?: boolean | undefined
}

const pattern = z
  .string()
  .regex(/^[^*\s]{0,200}\*?$/, 'a kind, the beginning of some with * behind it, or *')
  .min(1)

const ruleSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  each: pattern.optional(),
  all: z.array(pattern).min(1).max(50).optional(),
  gives: z.array(pattern).min(1).max(50),
  candidates: z
    .array(
      z.strictObject({
        processor: z.string().min(1).max(100),
        seconds: z.number().positive().max(86_400),
        secondsPerMb: z.number().min(0).max(3600).optional(),
        memoryBytes: z.number().int().min(0),
        cores: z.number().positive().max(1024).optional(),
      }),
    )
    .min(1)
    .max(20),
  isRequired: z.boolean().optional(),
})

const rulesetSchema: z.ZodType<Rule[]> = z.array(ruleSchema).min(1).max(1000)

/** @throws PipelineError `ruleset-refused` */
export function parseRuleset(value: unknown): readonly Rule[] {
  const parsed = rulesetSchema.safeParse(value)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw refused(`${path.join('.') || 'ruleset'}: ${message}`)
  }
  const names = new Set<string>()
  for (const { name, each, all } of parsed.data) {
    if (names.has(name)) throw refused(`there are two rules ${name}`)
    names.add(name)
    if (each === undefined && all === undefined) throw refused(`the rule ${name} takes nothing`)
  }
  for (const rule of parsed.data) {
    // It would wait for what comes of itself.
    if (rule.all !== undefined && meets(reachedFrom(parsed.data, rule.gives), rule.all)) {
      throw refused(`the rule ${rule.name} waits for all of what can come of what it gives`)
    }
  }
  return parsed.data
}

/** Patterns of all that may come of resources of these kinds, themselves included. */
export function reachedFrom(rules: readonly Rule[], kinds: readonly string[]): ReadonlySet<string> {
  const reached = new Set(kinds)
  let before: number
  do {
    before = reached.size
    for (const { each, all, gives } of rules) {
      if (!meets(reached, [...(each === undefined ? [] : [each]), ...(all ?? [])])) continue
      for (const kind of gives) reached.add(kind)
    }
  } while (reached.size > before)
  return reached
}

/** Only what leads to what is wanted. */
export function rulesFor(rules: readonly Rule[], wants: readonly string[]): readonly Rule[] {
  const useful = new Set<Rule>()
  const needed = new Set(wants)
  let before: number
  do {
    before = useful.size
    for (const rule of rules) {
      if (useful.has(rule) || !meets(needed, rule.gives)) continue
      useful.add(rule)
      if (rule.each !== undefined) needed.add(rule.each)
      for (const kind of rule.all ?? []) needed.add(kind)
    }
  } while (useful.size > before)
  return rules.filter((rule) => useful.has(rule))
}

/**
 * Expected seconds from the beginning of a rule's task to the end of all that hangs on it: what takes longest goes first. In
 * a ring (an archive within an archive) the way ends where it began.
 */
export function longestPaths(rules: readonly Rule[]): ReadonlyMap<Rule, number> {
  const paths = new Map<Rule, number>()
  const visit = (rule: Rule): number => {
    const known = paths.get(rule)
    if (known !== undefined) return known
    paths.set(rule, 0)
    const behind = rules.filter((next) => next !== rule && meets(rule.gives, takesOf(next)))
    const seconds = rule.candidates[0]!.seconds + Math.max(0, ...behind.map(visit))
    paths.set(rule, seconds)
    return seconds
  }
  for (const rule of rules) visit(rule)
  return paths
}

export function takesOf({ each, all }: Rule): readonly string[] {
  return each === undefined ? (all ?? []) : [each, ...(all ?? [])]
}

export function meets(kinds: Iterable<string>, patterns: readonly string[]): boolean {
  for (const kind of kinds) if (patterns.some((each) => patternsMeet(each, kind))) return true
  return false
}

function refused(message: string): PipelineError {
  return new PipelineError('ruleset-refused', message)
}
