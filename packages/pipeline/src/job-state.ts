// One job as its entries tell it. Of a task:
//
//   waiting ── attempted ──> running ── answered, gave ──────────────> done
//      ^                        │
//      └── answered, nothing ───┤ a candidate is left ── none is left, failed ──> failed
//                               │
//                               └── answered, critical ──> failed, and with it the job
//
// A task that was running when its process died, or when the job was cancelled, waits again for the same candidate.
import type { JobEntry } from './job-entry.ts'
import { PipelineError } from './pipeline-error.ts'
import type { Note, Resource, Severity } from './resource.ts'
import type { Candidate, Rule } from './ruleset.ts'

export type Attempt = {
  processor: string
  /** ms since 1970. */
  startedAt: number
  /** Null: it runs, or died with its process. */
  endedAt: number | null
  /** Null: none yet; `gave` how much came of it, null: nothing, the next best may try. */
  answer: { severity: Severity; gave: number | null } | null
  /** The first place, from 0, that was free among the tasks of its rule that ran at the same time. */
  slot: number
}

export type TaskState = 'waiting' | 'running' | 'done' | 'failed'

export type Task = {
  readonly id: string
  readonly rule: string
  /** Names of resources. */
  readonly takes: readonly string[]
  readonly plannedAt: number
  state: TaskState
  attempts: Attempt[]
  notes: Note[]
  /** Names of what came of it. */
  gave: string[]
}

const mostTasks = 100_000
const mostResources = 1_000_000

export class JobState {
  readonly tasks: Map<string, Task> = new Map()
  readonly resources: Map<string, Resource> = new Map()
  /** The same, in the order in which they came. */
  readonly added: Resource[] = []
  readonly #open = new Map<string, number>()
  /** Of each rule, those that are taken. */
  readonly #slots = new Map<string, Set<number>>()
  begun: Extract<JobEntry, { type: 'begun' }> | null = null
  ended: Extract<JobEntry, { type: 'ended' }> | null = null

  /** @throws PipelineError `journal-damaged` for an entry that can't follow those before; `too-many` */
  apply(entry: JobEntry): void {
    if ((this.begun === null) !== (entry.type === 'begun') || this.ended !== null) throw wrong(entry)
    if (entry.type === 'begun') {
      this.begun = entry
      this.#add(entry.inputs)
    } else if (entry.type === 'ended') this.ended = entry
    else if (entry.type === 'planned') this.#plan(entry)
    else if (entry.type === 'attempted') {
      const task = this.#task(entry, 'waiting', 'running')
      // That it runs already was said by a process that died.
      if (task.state === 'running') this.#slots.get(task.rule)?.delete(task.attempts.at(-1)!.slot)
      task.state = 'running'
      const { processor, at: startedAt } = entry
      task.attempts.push({ processor, startedAt, endedAt: null, answer: null, slot: this.#takeSlot(task.rule) })
    } else if (entry.type === 'failed') {
      const task = this.#task(entry, 'waiting')
      task.state = 'failed'
      this.#count(task.rule, -1)
    } else this.#answer(entry)
  }

  /** Of a process that died: what it ran is to be done again. */
  resume(): void {
    for (const task of this.tasks.values()) if (task.state === 'running') task.state = 'waiting'
    this.#slots.clear()
  }

  /** How many of a rule's tasks wait or run. */
  openTasks(rule: string): number {
    return this.#open.get(rule) ?? 0
  }

  #plan({ at, task: id, rule, takes }: Extract<JobEntry, { type: 'planned' }>): void {
    if (this.tasks.has(id) || takes.some((name) => !this.resources.has(name))) throw wrong({ type: 'planned' })
    if (this.tasks.size === mostTasks) throw new PipelineError('too-many', `the job has over ${mostTasks} tasks`)
    this.tasks.set(id, { id, rule, takes, plannedAt: at, state: 'waiting', attempts: [], notes: [], gave: [] })
    this.#count(rule, 1)
  }

  #answer(entry: Extract<JobEntry, { type: 'answered' }>): void {
    const task = this.#task(entry, 'running')
    const attempt = task.attempts.at(-1)!
    attempt.endedAt = entry.at
    attempt.answer = { severity: entry.severity, gave: entry.gave?.length ?? null }
    this.#slots.get(task.rule)?.delete(attempt.slot)
    task.notes.push(...entry.notes)
    if (entry.gave !== null) {
      this.#add(entry.gave)
      task.gave = entry.gave.map(({ name }) => name)
    }
    task.state = entry.severity === 'critical' ? 'failed' : entry.gave === null ? 'waiting' : 'done'
    if (task.state !== 'waiting') this.#count(task.rule, -1)
  }

  #takeSlot(rule: string): number {
    const taken = this.#slots.get(rule) ?? new Set()
    this.#slots.set(rule, taken)
    let slot = 0
    while (taken.has(slot)) slot++
    taken.add(slot)
    return slot
  }

  #count(rule: string, more: number): void {
    this.#open.set(rule, this.openTasks(rule) + more)
  }

  #add(resources: readonly Resource[]): void {
    if (this.resources.size + resources.length > mostResources) {
      throw new PipelineError('too-many', `the job has over ${mostResources} resources`)
    }
    for (const resource of resources) {
      if (this.resources.has(resource.name)) {
        throw new PipelineError('journal-damaged', `two resources are called ${resource.name}`)
      }
      this.resources.set(resource.name, resource)
      this.added.push(resource)
    }
  }

  #task(entry: { type: string; task: string }, ...states: TaskState[]): Task {
    const task = this.tasks.get(entry.task)
    if (task === undefined || !states.includes(task.state)) throw wrong(entry)
    return task
  }
}

/** Who is to try a task next; undefined: all have. */
export function nextCandidate(task: Task, { candidates }: Rule): Candidate | undefined {
  return candidates.find(({ processor }) => {
    return !task.attempts.some((attempt) => attempt.processor === processor && attempt.endedAt !== null)
  })
}

function wrong({ type }: { type: string }): PipelineError {
  return new PipelineError('journal-damaged', `an entry "${type}" can't follow those before it`)
}
