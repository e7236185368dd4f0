// Runs one job to its end:
//
//   journal ── replayed ──> state ──> what is due ── room ──> running ── answers, kept first ──> state ──> …
//                                         nothing due, nothing runs ──> ended
import { createHash, randomUUID } from 'node:crypto'
import { demandOf, expectedSeconds } from './admission.ts'
import { type Capacity, openCapacity } from './capacity.ts'
import type { JobEntry } from './job-entry.ts'
import { JobState, nextCandidate, type Task } from './job-state.ts'
import type { Journal } from './journal.ts'
import { PipelineError } from './pipeline-error.ts'
import type { Answer, Processor } from './processor.ts'
import type { Note, Resource } from './resource.ts'
import type { ResourceMonitor } from './resource-monitor.ts'
import { type Candidate, longestPaths, parseRuleset, type Rule, rulesFor } from './ruleset.ts'
import { TaskPlan, wantedOf } from './task-plan.ts'
import { runTask } from './task-run.ts'

export type JobOptions = {
  /** Rules as {@link parseRuleset} takes them. */
  ruleset: unknown
  processors: readonly Processor[]
  journal: Journal
  inputs: readonly Resource[]
  /** Patterns of kinds; only what leads to them is done. */
  wants: readonly string[]
  /** Of the job's own capacity; left out, this machine. */
  monitor?: ResourceMonitor
  /** Shared with other jobs of this process. */
  capacity?: Capacity
  /** Cancels; run again with the same journal, the job goes on. */
  signal?: AbortSignal
  /** After each change, and with each progress: `progress` has a fraction for each task that runs. */
  onChange?(state: JobState, progress: ReadonlyMap<string, number>): void
  /** Why the job stopped, for somebody who has to do something. */
  onCritical?(notes: readonly Note[]): void
  /** ms since 1970. */
  now?: () => number
}

export type JobResult = {
  id: string
  outcome: 'done' | 'critical'
  /** Of the kinds that were wanted. */
  resources: readonly Resource[]
  /** Of all tasks, in the order in which these were planned. */
  notes: readonly Note[]
  tasks: readonly Task[]
}

/** Where there is no room, it is looked for again. */
const patienceMs = 1000

/**
 * Runs a job, or goes on with one whose journal is there. Of tasks that can be done at once as many run as there is room for, those
 * first on which most hangs.
 *
 * @throws PipelineError `ruleset-refused`, `journal-damaged`, `journal-of-another-job`, `too-many`, `cancelled`; what the
 *   journal throws
 */
export async function runJob(options: JobOptions): Promise<JobResult> {
  const ruleset = parseRuleset(options.ruleset)
  const processors = new Map(options.processors.map((each) => [each.name, each]))
  for (const { name, candidates } of ruleset) {
    const missing = candidates.find(({ processor }) => !processors.has(processor))
    if (missing !== undefined) {
      throw new PipelineError('ruleset-refused', `the rule ${name} names ${missing.processor}, which is not there`)
    }
  }
  const job = new Job(options, rulesFor(ruleset, options.wants), processors)
  await job.open(createHash('sha256').update(JSON.stringify(ruleset)).digest('hex'))
  return await job.run()
}

type Running = { controller: AbortController; answered: Promise<void> }

class Job {
  readonly #options: JobOptions
  readonly #rules: ReadonlyMap<string, Rule>
  readonly #processors: ReadonlyMap<string, Processor>
  readonly #state = new JobState()
  readonly #capacity: Capacity
  readonly #now: () => number
  readonly #running = new Map<string, Running>()
  readonly #progress = new Map<string, number>()
  readonly #cancelled: Promise<void>
  readonly #answers: { task: Task; answer: Answer; at: number }[] = []
  /** Tasks that wait, by rule, the rules on which most hangs first. */
  readonly #waiting = new Map<Rule, Task[]>()
  #plan: TaskPlan
  /** Tasks that nobody could do. */
  #failures = 0

  constructor(options: JobOptions, rules: readonly Rule[], processors: ReadonlyMap<string, Processor>) {
    this.#options = options
    this.#processors = processors
    this.#capacity = options.capacity ?? openCapacity(options.monitor === undefined ? {} : { monitor: options.monitor })
    this.#now = options.now ?? Date.now
    this.#cancelled = new Promise((resolve) => {
      options.signal?.addEventListener('abort', () => resolve(), { once: true })
    })
    const paths = longestPaths(rules)
    const sorted = [...rules].sort((one, other) => paths.get(other)! - paths.get(one)!)
    for (const rule of sorted) this.#waiting.set(rule, [])
    this.#rules = new Map(rules.map((rule) => [rule.name, rule]))
    this.#plan = new TaskPlan(rules, this.#state)
  }

  async open(ruleset: string): Promise<void> {
    const { journal, inputs, wants } = this.#options
    const entries = await journal.read()
    for (const entry of entries) this.#state.apply(entry)
    this.#state.resume()
    const { begun } = this.#state
    if (begun === null) {
      await this.#keep({ type: 'begun', at: this.#now(), job: randomUUID(), ruleset, wants, inputs })
    } else {
      const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
      if (begun.ruleset !== ruleset || !same(begun.wants, wants) || !same(begun.inputs, inputs)) {
        throw new PipelineError('journal-of-another-job', 'the journal is of a job with other inputs, wishes or rules')
      }
    }
    for (const { rule } of this.#state.tasks.values()) {
      if (!this.#rules.has(rule))
        throw new PipelineError('journal-damaged', `the journal has a task of no rule: ${rule}`)
    }
    this.#plan = new TaskPlan([...this.#rules.values()], this.#state)
    for (const task of this.#state.tasks.values()) if (task.state === 'waiting') this.#wait(task)
  }

  async run(): Promise<JobResult> {
    try {
      while (this.#state.ended === null) {
        this.#options.signal?.throwIfAborted()
        const failures = this.#failures
        await this.#planDue()
        const critical = await this.#start()
        if (critical !== null) await this.#end('critical', critical)
        else if (this.#running.size > 0 || this.#answers.length > 0 || this.#isWaiting()) await this.#takeAnswers()
        // What waited for all that could come of a task that failed is due now.
        else if (this.#failures === failures) await this.#end('done', [])
      }
    } catch (error) {
      await this.#stop()
      if (this.#options.signal?.aborted) {
        throw new PipelineError('cancelled', 'the job was cancelled; run again, it goes on', { cause: error })
      }
      throw error
    } finally {
      this.#capacity.leave(this)
    }
    const tasks = [...this.#state.tasks.values()]
    return {
      id: this.#state.begun!.job,
      outcome: this.#state.ended.outcome,
      resources: wantedOf(this.#state),
      notes: tasks.flatMap(({ notes }) => notes),
      tasks,
    }
  }

  async #planDue(): Promise<void> {
    const due = this.#plan.due(this.#state)
    if (due.length === 0) return
    const first = this.#state.tasks.size + 1
    const at = this.#now()
    await this.#keep(
      ...due.map(
        ({ rule, takes }, index) => ({ type: 'planned', at, task: `${rule}-${first + index}`, rule, takes }) as const,
      ),
    )
    for (let index = 0; index < due.length; index++) {
      this.#wait(this.#state.tasks.get(`${due[index]!.rule}-${first + index}`)!)
    }
  }

  #wait(task: Task): void {
    this.#waiting.get(this.#rules.get(task.rule)!)!.push(task)
  }

  /** Starts what there is room for. Notes: the job can't be done. */
  async #start(): Promise<readonly Note[] | null> {
    for (const [rule, tasks] of this.#waiting) {
      while (tasks.length > 0) {
        const task = tasks[0]!
        const candidate = nextCandidate(task, rule)
        if (candidate === undefined) {
          tasks.shift()
          await this.#keep({ type: 'failed', at: this.#now(), task: task.id })
          this.#failures++
          if (!rule.isRequired) continue
          return [{ severity: 'critical', code: 'not-possible', message: `nobody could do ${rule.name}` }]
        }
        const giveBack = await this.#capacity.enter(this, demandOf(candidate))
        if (giveBack === null) break
        tasks.shift()
        try {
          await this.#keep({ type: 'attempted', at: this.#now(), task: task.id, processor: candidate.processor })
        } catch (error) {
          giveBack()
          throw error
        }
        this.#run(task, rule, candidate, giveBack)
      }
    }
    return null
  }

  #isWaiting(): boolean {
    return [...this.#waiting.values()].some((tasks) => tasks.length > 0)
  }

  #run(task: Task, rule: Rule, candidate: Candidate, giveBack: () => void): void {
    const controller = new AbortController()
    const takes = task.takes.map((name) => this.#state.resources.get(name)!)
    const bytes = takes.reduce((total, each) => total + (each.bytes ?? 0), 0)
    const input = {
      task: task.id,
      rule: rule.name,
      takes,
      signal: controller.signal,
      onProgress: (fraction: number) => {
        if (!this.#running.has(task.id)) return
        this.#progress.set(task.id, Math.min(1, Math.max(0, fraction)))
        this.#changed()
      },
    }
    const seconds = expectedSeconds(candidate, bytes)
    const { promise: answered, resolve } = Promise.withResolvers<void>()
    this.#running.set(task.id, { controller, answered })
    this.#progress.set(task.id, 0)
    void runTask(this.#processors.get(candidate.processor)!, input, rule, { controller, seconds }).then((answer) => {
      // It ended now; until that is kept, others may have begun with what it gives back.
      this.#answers.push({ task, answer, at: this.#now() })
      this.#running.delete(task.id)
      this.#progress.delete(task.id)
      giveBack()
      resolve()
    })
  }

  async #takeAnswers(): Promise<void> {
    if (this.#answers.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, patienceMs)
      const answers = [...this.#running.values()].map(({ answered }) => answered)
      const room = this.#isWaiting() ? [this.#capacity.changed()] : []
      await Promise.race([promise, this.#cancelled, ...room, ...answers])
      clearTimeout(timer)
    }
    for (let next = this.#answers.shift(); next !== undefined; next = this.#answers.shift()) {
      const { task, answer, at } = next
      const { severity, notes = [] } = answer
      const gave = this.#withoutNamesakes(task, answer.severity === 'critical' ? null : answer.gave)
      const all = [...notes, ...gave.notes]
      const worst = gave.notes.length > 0 && severity === 'info' ? 'warning' : severity
      await this.#keep({
        type: 'answered',
        at,
        task: task.id,
        severity: worst,
        notes: all,
        gave: gave.kept,
      })
      if (severity === 'critical') return await this.#end('critical', notes)
      if (task.state === 'waiting') this.#wait(task)
    }
  }

  /** Names are unique in a job. */
  #withoutNamesakes(
    { id }: Task,
    gave: readonly Resource[] | null,
  ): { kept: readonly Resource[] | null; notes: Note[] } {
    const names = gave?.map(({ name }) => name) ?? []
    const twice = names.find((name, index) => this.#state.resources.has(name) || names.indexOf(name) !== index)
    if (twice === undefined) return { kept: gave, notes: [] }
    const message = `${id} gave ${twice}, which there is already`
    return { kept: null, notes: [{ severity: 'warning', code: 'answer-refused', message, resource: twice }] }
  }

  async #end(outcome: 'done' | 'critical', notes: readonly Note[]): Promise<void> {
    await this.#stop()
    await this.#keep({ type: 'ended', at: this.#now(), outcome })
    if (outcome === 'critical') this.#options.onCritical?.(notes)
  }

  /** What runs is told to stop, and waited for: nothing of this job goes on behind its end. */
  async #stop(): Promise<void> {
    for (const { controller } of this.#running.values()) controller.abort()
    await Promise.all([...this.#running.values()].map(({ answered }) => answered))
  }

  async #keep(...entries: readonly JobEntry[]): Promise<void> {
    await this.#options.journal.append(entries)
    for (const entry of entries) this.#state.apply(entry)
    this.#changed()
  }

  #changed(): void {
    this.#options.onChange?.(this.#state, this.#progress)
  }
}
