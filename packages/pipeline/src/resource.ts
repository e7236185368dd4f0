import { z } from 'zod'

/** JSON as it is parsed. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Something that tasks take and give: a file of the job, a part of one, or what was found out. */
export type Resource = {
  /** Unique in its job. */
  name: string
  /** Content type, or any other word for what it is: `video/mp4`, `bbb/events`. */
  kind: string
  /** Where it lies and what is known of it; the pipeline passes it on. */
  data: Json
  /** How much work it is, where that can be told. */
  bytes?: number | undefined
}

export type Severity = 'info' | 'warning' | 'critical'

export type Note = {
  severity: Severity
  /** For programs: lower-case words with hyphens. */
  code: string
  /** For people. */
  message: string
  /** Name of the one that it is about. */
  resource?: string | undefined
}

export const resourceSchema: z.ZodType<Resource> = z.strictObject({
  name: z.string().min(1).max(1000),
  kind: z.string().min(1).max(200),
  data: z.json() as z.ZodType<Json>,
  bytes: z.number().int().min(0).optional(),
})

export const noteSchema: z.ZodType<Note> = z.strictObject({
  severity: z.enum(['info', 'warning', 'critical']),
  code: z.string().min(1).max(100),
  message: z.string().max(10_000),
  resource: z.string().max(1000).optional(),
})
