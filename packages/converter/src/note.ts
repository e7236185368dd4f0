import type { Note } from '@rushes/pipeline'
import { z } from 'zod'

/** As archives and programs have it. */
export const noteSchema: z.ZodType<Note> = z.strictObject({
  severity: z.enum(['info', 'warning', 'critical']),
  code: z.string(),
  message: z.string(),
  resource: z.string().optional(),
})
