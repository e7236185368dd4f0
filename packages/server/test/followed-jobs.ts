// Jobs as tests add and watch them.
import type { ResourceMonitor } from '@rushes/pipeline'
import { type JobChange, type JobTask, type JobView, jobChange } from '@rushes/protocol'
import type { Kysely } from 'kysely'
import type { JobId } from '../src/catalog/identifiers.ts'
import { createJob } from '../src/catalog/jobs.ts'
import type { Schema } from '../src/catalog/schema.ts'
import type { TestRequest } from './job-kinds-for-tests.ts'
import { testOwnerKey } from './server-for-tests.ts'

/** Two cores, whatever this machine is busy with. */
export function roomyMachine(cores = 2, memoryBytes = 8e9): ResourceMonitor {
  return { read: async () => ({ memoryBytes, cores, load: 0, ioPressure: 0 }) }
}

export async function addTestJob(db: Kysely<Schema>, request: TestRequest, title = 'A lecture'): Promise<JobId> {
  const { id: ownerId } = await db
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'owner')
    .executeTakeFirstOrThrow()
  const job = await createJob(db, { ownerId, kind: 'test', title, request: JSON.stringify(request) }, 1e6)
  return job!.id
}

export type Followed = { job: JobView; tasks: Map<string, JobTask>; changes: JobChange[] }

/** Follows a job to its end over HTTP, as pages do. @throws where what comes is not what the protocol says */
export async function followToEnd(
  serverUrl: string,
  id: string,
  onChange: (change: JobChange, tasks: ReadonlyMap<string, JobTask>) => void = () => {},
): Promise<Followed> {
  const response = await fetch(`${serverUrl}/api/v1/jobs/${id}/events`, {
    headers: { authorization: `Bearer ${testOwnerKey}` },
  })
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  const changes: JobChange[] = []
  let tasks = new Map<string, JobTask>()
  let text = ''
  for await (const bytes of response.body!.pipeThrough(new TextDecoderStream())) {
    text += bytes
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end)
      text = text.slice(end + 2)
      if (!event.startsWith('data: ')) continue
      const change = jobChange.parse(JSON.parse(event.slice('data: '.length)))
      if (change.anew) tasks = new Map()
      for (const task of change.tasks) tasks.set(task.id, task)
      changes.push(change)
      onChange(change, tasks)
    }
  }
  return { job: changes.at(-1)!.job, tasks, changes }
}

/** How many tasks ran at once at most, by their own times. */
export function mostAtOnce(tasks: Iterable<JobTask>): number {
  const changes = [...tasks].flatMap(({ attempts }) =>
    attempts.flatMap(({ startedAt, endedAt }) => [
      { t: startedAt, by: 1 },
      { t: endedAt ?? startedAt, by: -1 },
    ]),
  )
  changes.sort((one, other) => one.t - other.t || one.by - other.by)
  let count = 0
  let most = 0
  for (const { by } of changes) {
    count += by
    most = Math.max(most, count)
  }
  return most
}
