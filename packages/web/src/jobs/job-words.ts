import type { JobAttempt, JobStanding, JobTask } from '@rushes/protocol'

export const standingWords: Readonly<Record<JobStanding, string>> = {
  waiting: 'Waits',
  running: 'Runs',
  done: 'Done',
  critical: 'Stopped',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

export const standingBadges: Readonly<Record<JobStanding, string>> = {
  waiting: 'badge',
  running: 'badge badge-caution',
  done: 'badge badge-safe',
  critical: 'badge badge-problem',
  failed: 'badge badge-problem',
  cancelled: 'badge',
}

export const taskWords: Readonly<Record<JobTask['state'], string>> = {
  waiting: 'waits',
  running: 'runs',
  done: 'done',
  failed: 'failed',
}

export const outcomeWords: Readonly<Record<JobAttempt['outcome'], string>> = {
  gave: 'done',
  running: 'runs',
  nothing: 'gave nothing, the next best tried',
  critical: 'stopped the job',
  interrupted: 'interrupted',
}
