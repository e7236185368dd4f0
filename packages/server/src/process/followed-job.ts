// A job that somebody watches, read from its rows: whoever runs it may be another process.
import { decodeBatch, JobState, PipelineError, type Resource } from '@rushes/pipeline'
import type { JobChange, JobTask } from '@rushes/protocol'
import type { Kysely } from 'kysely'
import { readEntriesAfter } from '../catalog/jobs.ts'
import type { JobRow, Schema } from '../catalog/schema.ts'
import { jobView, taskView } from './job-view.ts'

/** Rows read at once, and tasks told at once. */
const pageLength = 100
const mostTasksAtOnce = 500

/** Somebody who watches: what it has not been told yet. */
export type Watcher = {
  dirty: Set<string>
  anew: boolean
  /** As it was told last, to be compared. */
  told: string
  wake(): void
}

export class FollowedJob {
  readonly watchers: Set<Watcher> = new Set()
  row: JobRow
  #state = new JobState()
  #batches = 0
  #folder: string | null
  #turn: Promise<unknown> = Promise.resolve()

  constructor(row: JobRow) {
    this.row = row
    this.#folder = row.folder
  }

  /** Looks at it as it is now. @throws StoreError */
  refresh(db: Kysely<Schema>, row: JobRow): Promise<void> {
    // Two that read at once would both apply the same.
    const done = this.#turn
      .then(() => this.#refresh(db, row))
      .catch((error: unknown) => {
        if (!(error instanceof PipelineError)) throw error
        // Half of one journal and half of the next: the next look has it all.
        this.#beginAnew()
      })
    this.#turn = done.catch(() => {})
    return done
  }

  async #refresh(db: Kysely<Schema>, row: JobRow): Promise<void> {
    const before = this.row
    this.row = row
    // An ended job has no folder any more, and is the same job.
    const isElsewhere = row.folder !== null && this.#folder !== null && row.folder !== this.#folder
    const isAnew = row.batches < this.#batches || isElsewhere
    if (row.folder !== null) this.#folder = row.folder
    if (isAnew) this.#beginAnew()
    while (this.#batches < row.batches) {
      const rows = await readEntriesAfter(db, row.id, this.#batches, pageLength)
      if (rows.length === 0) break
      for (const each of rows) {
        // It was begun anew between the two questions: the next look finds that.
        if (each.number !== this.#batches + 1) return
        this.#apply(each.entries)
        this.#batches = each.number
      }
    }
    const { progress = {} } = row.standing
    for (const id of Object.keys(progress)) {
      if (progress[id] !== before.standing.progress?.[id]) this.#touch(id)
    }
    if (row.state !== before.state) {
      for (const task of this.#state.tasks.values()) if (task.state === 'running') this.#touch(task.id)
    }
    for (const watcher of this.watchers) watcher.wake()
  }

  /** For a watcher that has just come: all there is. */
  join(watcher: Watcher): void {
    for (const id of this.#state.tasks.keys()) watcher.dirty.add(id)
    this.watchers.add(watcher)
  }

  /** What a watcher does not know yet; null: nothing. */
  take(watcher: Watcher, at: number): JobChange | null {
    const job = jobView(this.row)
    const standing = JSON.stringify(job)
    if (watcher.dirty.size === 0 && standing === watcher.told) return null
    watcher.told = standing
    const tasks: JobTask[] = []
    for (const id of watcher.dirty) {
      if (tasks.length === mostTasksAtOnce) break
      watcher.dirty.delete(id)
      const task = this.#state.tasks.get(id)
      if (task !== undefined) tasks.push(taskView(task, this.row))
    }
    const change = { at, job, tasks, anew: watcher.anew }
    watcher.anew = false
    return change
  }

  tasks(): JobTask[] {
    return [...this.#state.tasks.values()].map((task) => taskView(task, this.row))
  }

  resources(): readonly Resource[] {
    return this.#state.added
  }

  #apply(json: string): void {
    for (const entry of decodeBatch(json) ?? []) {
      this.#state.apply(entry)
      if ('task' in entry) this.#touch(entry.task)
    }
  }

  #beginAnew(): void {
    this.#state = new JobState()
    this.#batches = 0
    for (const watcher of this.watchers) {
      watcher.dirty.clear()
      watcher.anew = true
    }
  }

  #touch(id: string): void {
    for (const { dirty } of this.watchers) dirty.add(id)
  }
}
