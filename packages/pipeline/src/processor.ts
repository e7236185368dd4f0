import type { Note, Resource } from './resource.ts'

/** What a processor says of a task. A warning without output lets the next best try; a critical one stops the job. */
export type Answer =
  | { severity: 'info'; gave: readonly Resource[]; notes?: readonly Note[] | undefined }
  | { severity: 'warning'; gave: readonly Resource[] | null; notes: readonly Note[] }
  | { severity: 'critical'; notes: readonly Note[] }

export type TaskInput = {
  /** Unique in the job, and the same when the task is tried again: good for names of what it makes. */
  task: string
  rule: string
  /** The one that the rule's `each` names comes first. */
  takes: readonly Resource[]
  /** Aborted when its time is over, or the job stops: what it has is thrown away. */
  signal: AbortSignal
  /** 0 to 1. */
  onProgress(fraction: number): void
}

/** Does one kind of task: a module, a program or a service. */
export interface Processor {
  /** As rules name it. */
  readonly name: string
  /**
   * What an answer names has to be durable when this settles: it is not made again. Whatever it throws is a warning without
   * output.
   */
  run(input: TaskInput): Promise<Answer>
}
