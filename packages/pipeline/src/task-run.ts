import { z } from 'zod'
import { matchesPattern } from './kind-pattern.ts'
import type { Answer, Processor, TaskInput } from './processor.ts'
import { type Note, noteSchema, type Resource, resourceSchema } from './resource.ts'
import type { Rule } from './ruleset.ts'

const answerSchema: z.ZodType<Answer> = z.discriminatedUnion('severity', [
  z.object({ severity: z.literal('info'), gave: z.array(resourceSchema), notes: z.array(noteSchema).optional() }),
  z.object({ severity: z.literal('warning'), gave: z.array(resourceSchema).nullable(), notes: z.array(noteSchema) }),
  z.object({ severity: z.literal('critical'), notes: z.array(noteSchema) }),
])

/** A task may take so many times what is expected, and a minute more. */
const patience = 10
/** It is given so long to stop when it is told to. */
const graceMs = 5000

/**
 * One attempt at a task. Never rejects: what goes wrong is a warning without output, so that the next best may try.
 *
 * @param bounds `seconds`: what is expected
 */
export async function runTask(
  processor: Processor,
  input: TaskInput,
  rule: Rule,
  bounds: { controller: AbortController; seconds: number },
): Promise<Answer> {
  const { controller, seconds } = bounds
  const limitSeconds = seconds * patience + 60
  let isLate = false
  const timer = setTimeout(
    () => {
      isLate = true
      controller.abort()
    },
    Math.min(limitSeconds * 1000, 2 ** 31 - 1),
  )
  const stopped = Promise.withResolvers<null>()
  let grace: NodeJS.Timeout | undefined
  controller.signal.addEventListener('abort', () => {
    grace = setTimeout(() => stopped.resolve(null), graceMs)
  })
  try {
    const answer = await Promise.race([processor.run(input), stopped.promise])
    if (isLate) return warning('timed-out', `${processor.name} took over ${Math.round(limitSeconds)} s`)
    if (answer === null) return warning('not-stopped', `${processor.name} did not stop when it was told to`)
    return checked(answer, processor, rule)
  } catch (error) {
    if (isLate) return warning('timed-out', `${processor.name} took over ${Math.round(limitSeconds)} s`)
    return warning('processor-failed', `${processor.name}: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    clearTimeout(timer)
    clearTimeout(grace)
  }
}

/** What a processor says is from outside. */
function checked(answer: unknown, processor: Processor, rule: Rule): Answer {
  const parsed = answerSchema.safeParse(answer)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    return warning('answer-refused', `${processor.name} answered what can't be read: ${path.join('.')}: ${message}`)
  }
  const given: readonly Resource[] = parsed.data.severity === 'critical' ? [] : (parsed.data.gave ?? [])
  const foreign = given.find(({ kind }) => !rule.gives.some((pattern) => matchesPattern(pattern, kind)))
  if (foreign === undefined) return parsed.data
  return warning('answer-refused', `${processor.name} gave ${foreign.kind}, which ${rule.name} does not`)
}

function warning(code: string, message: string): Answer {
  const note: Note = { severity: 'warning', code, message: message.slice(0, 10_000) }
  return { severity: 'warning', gave: null, notes: [note] }
}
