// What a job leaves in its journal. Nothing changes a job's state but these, in their order, so that whoever reads them
// again has the state again.
import { z } from 'zod'
import { type Note, noteSchema, type Resource, resourceSchema, type Severity } from './resource.ts'

export type JobEntry =
  /** `ruleset`: digest of the rules; a job that was begun by others can't go on by these. */
  | { type: 'begun'; at: number; job: string; ruleset: string; wants: readonly string[]; inputs: readonly Resource[] }
  | { type: 'planned'; at: number; task: string; rule: string; takes: readonly string[] }
  | { type: 'attempted'; at: number; task: string; processor: string }
  | {
      type: 'answered'
      at: number
      task: string
      severity: Severity
      notes: readonly Note[]
      /** Null: nothing, the next best may try. */
      gave: readonly Resource[] | null
    }
  /** All who could do it gave nothing. */
  | { type: 'failed'; at: number; task: string }
  | { type: 'ended'; at: number; outcome: 'done' | 'critical' }

const at = z.number().min(0)
const task = z.string().min(1).max(100)
const names = z.array(z.string().max(1000)).max(1_000_000)

export const entrySchema: z.ZodType<JobEntry> = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('begun'),
    at,
    job: z.string().max(100),
    ruleset: z.string().max(100),
    wants: z.array(z.string().max(200)).max(100),
    inputs: z.array(resourceSchema),
  }),
  z.strictObject({ type: z.literal('planned'), at, task, rule: z.string().max(64), takes: names }),
  z.strictObject({ type: z.literal('attempted'), at, task, processor: z.string().max(100) }),
  z.strictObject({
    type: z.literal('answered'),
    at,
    task,
    severity: z.enum(['info', 'warning', 'critical']),
    notes: z.array(noteSchema),
    gave: z.array(resourceSchema).nullable(),
  }),
  z.strictObject({ type: z.literal('failed'), at, task }),
  z.strictObject({ type: z.literal('ended'), at, outcome: z.enum(['done', 'critical']) }),
])
