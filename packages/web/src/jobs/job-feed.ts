import { type JobChange, type JobTask, type JobView, jobChange } from '@rushes/protocol'

export type FollowedJob = {
  job: JobView
  /** As they were planned. */
  tasks: ReadonlyMap<string, JobTask>
  /** What the server's clock says now, ms since 1970. */
  now(): number
}

export type JobFeedOptions = {
  onChange(followed: FollowedJob): void
  /** Nothing comes for the moment; it is tried again. */
  onSilence(): void
  /** For tests. */
  open?: (url: string) => EventSource
}

/** Follows a job from all there is to its end. */
export function followJob(id: string, options: JobFeedOptions): { close(): void } {
  const open = options.open ?? ((url: string) => new EventSource(url))
  const source = open(`/api/v1/jobs/${encodeURIComponent(id)}/events`)
  let tasks = new Map<string, JobTask>()
  let isFirst = true
  // After a break the server tells all of it again.
  source.addEventListener('open', () => {
    isFirst = true
  })
  source.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const change = parseChange(data)
    if (change === null) return
    if (isFirst || change.anew) tasks = new Map()
    isFirst = false
    for (const task of change.tasks) tasks.set(task.id, task)
    const offset = change.at - performance.now()
    options.onChange({ job: change.job, tasks, now: () => performance.now() + offset })
  })
  source.addEventListener('end', () => source.close())
  source.addEventListener('error', () => options.onSilence())
  return { close: () => source.close() }
}

function parseChange(text: string): JobChange | null {
  try {
    const parsed = jobChange.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
