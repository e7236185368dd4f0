import type { Answer, Note, Processor, TaskInput } from '@rushes/pipeline'
import { ConversionError } from '@rushes/processors'
import { ConvertError } from './convert-error.ts'

/** Nobody else does it better then: a full disk, too many files, a name that leads elsewhere. */
const final: ReadonlySet<string> = new Set(['too-large', 'hostile-name', 'no-such-file', 'nothing-found'])

/** A processor whose errors are warnings without output, so that the next best tries, or critical where nobody could do it. */
export function taskProcessor(
  name: string,
  run: (input: TaskInput) => Promise<Answer>,
  options: { isFinal?: boolean } = {},
): Processor {
  return {
    name,
    async run(input) {
      try {
        return await run(input)
      } catch (error) {
        if (input.signal.aborted) throw error
        const note = noteOf(error, input)
        const isCritical = note.code === 'disk-full' || (options.isFinal === true && final.has(note.code))
        if (isCritical) return { severity: 'critical', notes: [{ ...note, severity: 'critical' }] }
        return { severity: 'warning', gave: null, notes: [note] }
      }
    },
  }
}

function noteOf(error: unknown, { takes }: TaskInput): Note {
  const { code } = error as NodeJS.ErrnoException
  const resource = subjectOf(takes[0]?.name)
  const more = resource === undefined ? {} : { resource }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return {
      severity: 'warning',
      code: 'disk-full',
      message: 'there is no room left on the disk: run again when there is',
    }
  }
  const isKnown = error instanceof ConvertError || error instanceof ConversionError
  if (!isKnown) throw error
  return { severity: 'warning', code: error.code, message: error.message.slice(0, 10_000), ...more }
}

/** Resources are named by what they are and the file they are about: `file:a/b`. */
function subjectOf(name: string | undefined): string | undefined {
  return /^(?:file|track|deck):(.+)$/s.exec(name ?? '')?.[1]
}
