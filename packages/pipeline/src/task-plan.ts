import type { JobState } from './job-state.ts'
import { matchesPattern } from './kind-pattern.ts'
import type { Resource } from './resource.ts'
import { meets, type Rule, reachedFrom } from './ruleset.ts'

export type DueTask = { rule: string; takes: readonly string[] }

/**
 * Finds what there is to do as resources come. Each resource is looked at once for each rule, however many tasks there are.
 */
export class TaskPlan {
  readonly #rules: readonly Rule[]
  /** Of each rule, resources in the order in which they came: of `each` those without a task, of `all` all. */
  readonly #each = new Map<Rule, Resource[]>()
  readonly #all = new Map<Rule, Resource[]>()
  /** Rules without `each` that have their task; of the others, rule and resource of the tasks that the state began with. */
  readonly #planned = new Set<string>()
  #seen = 0

  /** @param state what is planned in it is not due again */
  constructor(rules: readonly Rule[], state: JobState) {
    this.#rules = rules
    for (const rule of rules) {
      this.#each.set(rule, [])
      this.#all.set(rule, [])
    }
    const byName = new Map(rules.map((rule) => [rule.name, rule]))
    for (const { rule, takes } of state.tasks.values()) {
      this.#planned.add(byName.get(rule)?.each === undefined ? rule : `${rule} ${takes[0]}`)
    }
  }

  /** Tasks whose inputs are there, and were not in the state before. */
  due(state: JobState): DueTask[] {
    this.#look(state)
    const due: DueTask[] = []
    const coming = this.#coming(state)
    for (const rule of this.#rules) {
      const all = this.#all.get(rule)!
      // Asked for all of something of which there is nothing, a rule has nothing to do.
      if (rule.all !== undefined && (meets(coming, rule.all) || all.length === 0)) continue
      const others = all.map(({ name }) => name)
      if (rule.each === undefined) {
        if (!this.#planned.has(rule.name)) due.push({ rule: rule.name, takes: others })
        this.#planned.add(rule.name)
        continue
      }
      for (const { name } of this.#each.get(rule)!.splice(0)) {
        due.push({ rule: rule.name, takes: [name, ...others.filter((other) => other !== name)] })
      }
    }
    return due
  }

  #look(state: JobState): void {
    for (; this.#seen < state.added.length; this.#seen++) {
      const resource = state.added[this.#seen]!
      for (const rule of this.#rules) {
        const { each, all } = rule
        const isNext = each !== undefined && !this.#planned.has(`${rule.name} ${resource.name}`)
        if (isNext && matchesPattern(each, resource.kind)) this.#each.get(rule)!.push(resource)
        if (all?.some((pattern) => matchesPattern(pattern, resource.kind))) this.#all.get(rule)!.push(resource)
      }
    }
  }

  /** Patterns of what may still come. */
  #coming(state: JobState): ReadonlySet<string> {
    // Rules that wait for their inputs: what they give is still to come, unless nothing of what they take is.
    const gives = this.#rules.flatMap((rule) => {
      const isOpen = state.openTasks(rule.name) > 0 || (this.#each.get(rule)!.length > 0 && this.#hasAll(rule))
      const isWaiting = rule.each === undefined && !this.#planned.has(rule.name) && this.#all.get(rule)!.length > 0
      return isOpen || isWaiting ? rule.gives : []
    })
    return reachedFrom(this.#rules, gives)
  }

  #hasAll(rule: Rule): boolean {
    return rule.all === undefined || this.#all.get(rule)!.length > 0
  }
}

/** All that may be wanted of what is there, in the order in which it came. */
export function wantedOf(state: JobState): Resource[] {
  const wants = state.begun?.wants ?? []
  return state.added.filter(({ kind }) => wants.some((pattern) => matchesPattern(pattern, kind)))
}
