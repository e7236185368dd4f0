import type { Attempt, Task } from '@rushes/pipeline'
import type { JobAttempt, JobTask, JobView } from '@rushes/protocol'
import type { JobRow } from '../catalog/schema.ts'

/** Of what is told of one task; a task may take all pages of a deck. */
const mostNames = 20
const mostNotes = 50

export function jobView(row: JobRow): JobView {
  const { waiting = 0, running = 0, done = 0, failed = 0 } = row.standing
  return {
    ...{ id: row.id, kind: row.kind, title: row.title, state: row.state, cancelling: row.cancelling },
    ...{ runner: row.runner, createdAt: row.created_at.toISOString() },
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    problem: row.problem,
    tasks: { waiting, running, done, failed },
  }
}

export function taskView(task: Task, { state, standing }: Pick<JobRow, 'state' | 'standing'>): JobTask {
  const isRunning = task.state === 'running' && state === 'running'
  return {
    ...{ id: task.id, rule: task.rule, plannedAt: task.plannedAt },
    // Of a job that stopped nothing runs any more.
    state: task.state === 'running' && !isRunning ? 'waiting' : task.state,
    takes: task.takes.slice(0, mostNames),
    takesCount: task.takes.length,
    gave: task.gave.slice(0, mostNames),
    gaveCount: task.gave.length,
    attempts: task.attempts.map((attempt, index) => {
      return attemptView(attempt, isRunning && index === task.attempts.length - 1)
    }),
    notes: task.notes.slice(0, mostNotes).map(({ severity, code, message, resource }) => ({
      ...{ severity, code, message, ...(resource !== undefined && { resource }) },
    })),
    progress: isRunning ? (standing.progress?.[task.id] ?? null) : null,
  }
}

function attemptView({ processor, startedAt, endedAt, answer, slot }: Attempt, isRunning: boolean): JobAttempt {
  return { processor, startedAt, endedAt, slot, outcome: outcomeOf(answer, isRunning) }
}

function outcomeOf(answer: Attempt['answer'], isRunning: boolean): JobAttempt['outcome'] {
  if (answer === null) return isRunning ? 'running' : 'interrupted'
  if (answer.severity === 'critical') return 'critical'
  return answer.gave === null ? 'nothing' : 'gave'
}
