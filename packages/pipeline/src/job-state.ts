// One job as its entries tell it. Of a task:
//
//   waiting ── attempted ──> running ── answered, gave ──────────────> done
//      ^                        │
//      └── answered, nothing ───┤ a candidate is left ── none is left ──> failed
//                               │
//                               └── answered, critical ──> failed, and with it the job
//
// A task that was running when its process died, or when the job was cancelled, waits again for the same candidate.
import type { JobEntry } from './job-entry.ts'
import { PipelineError } from './pipeline-error.ts'
import type { Note, Resource } from './resource.ts'
import type { Candidate, Rule } from './ruleset.ts'

export type Attempt = {
  processor: string
  /** ms since 1970. */
  startedAt: number
  /** Null: it runs, or died with its process. */
  endedAt: number | null
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
      // That it runs already was said by a process that died.
      const task = this.#task(entry, 'waiting', 'running')
      task.state = 'running'
      task.attempts.push({ processor: entry.processor, startedAt: entry.at, endedAt: null })
    } else this.#answer(entry)
  }

  /** Of a process that died: what it ran is to be done again. */
  resume(): void {
    for (const task of this.tasks.values()) if (task.state === 'running') task.state = 'waiting'
  }

  /** How many of a rule's tasks wait or run. */
  openTasks(rule: string): number {
    return this.#open.get(rule) ?? 0
  }

  /** None of its candidates gave anything. */
  fail(task: Task): void {
    task.state = 'failed'
    this.#count(task.rule, -1)
  }

  #plan({ at, task: id, rule, takes }: Extract<JobEntry, { type: 'planned' }>): void {
    if (this.tasks.has(id) || takes.some((name) => !this.resources.has(name))) throw wrong({ type: 'planned' })
    if (this.tasks.size === mostTasks) throw new PipelineError('too-many', `the job has over ${mostTasks} tasks`)
    this.tasks.set(id, { id, rule, takes, plannedAt: at, state: 'waiting', attempts: [], notes: [], gave: [] })
    this.#count(rule, 1)
  }

  #answer(entry: Extract<JobEntry, { type: 'answered' }>): void {
    const task = this.#task(entry, 'running')
    task.attempts.at(-1)!.endedAt = entry.at
    task.notes.push(...entry.notes)
    if (entry.gave !== null) {
      this.#add(entry.gave)
      task.gave = entry.gave.map(({ name }) => name)
    }
    task.state = entry.severity === 'critical' ? 'failed' : entry.gave === null ? 'waiting' : 'done'
    if (task.state !== 'waiting') this.#count(task.rule, -1)
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
