// What an encoder of a fleet must not forget when it is cut off: FOLDER/encoder.json, replaced as a whole.
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { maxScheduleEntries, type ScheduleEntry, scheduleEntry } from '@rushes/protocol'
import { z } from 'zod/mini'
import { SpoolError, spoolError } from '../spool/spool-error.ts'

export type CurrentEvent = {
  /** Of its delivery. */
  id: string
  title: string
  /** ms since 1970. */
  startedAt: number
  endsAt: number | null
}

export type Standing = {
  /** Of the encoder. */
  id: string
  /** FL3. */
  applied: number
  schedule: ScheduleEntry[]
  /** What is being recorded. */
  current: CurrentEvent | null
  /** Start of the last occurrence that was recorded, by entry of the schedule. */
  taken: Record<string, number>
}

const standing: z.ZodMiniType<Standing> = z.object({
  id: z.uuidv7(),
  applied: z.int(),
  schedule: z.array(scheduleEntry).check(z.maxLength(maxScheduleEntries)),
  current: z.nullable(
    z.object({ id: z.uuidv7(), title: z.string(), startedAt: z.number(), endsAt: z.nullable(z.number()) }),
  ),
  taken: z.record(z.string(), z.number()),
})

const fileName = 'encoder.json'

/** What was kept; a new encoder where nothing was. @throws SpoolError */
export async function readStanding(folder: string, newId: () => string): Promise<Standing> {
  let text: string
  try {
    text = await readFile(join(folder, fileName), 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw spoolError(cause)
    const made = { id: newId(), applied: 0, schedule: [], current: null, taken: {} }
    await keepStanding(folder, made)
    return made
  }
  try {
    return standing.parse(JSON.parse(text))
  } catch (cause) {
    throw new SpoolError('spool-damaged', `${join(folder, fileName)} is not what an encoder keeps`, { cause })
  }
}

/** Resolves when it is on disk. @throws SpoolError */
export async function keepStanding(folder: string, kept: Standing): Promise<void> {
  const path = join(folder, fileName)
  try {
    const file = await open(`${path}.new`, 'w', 0o640)
    try {
      await file.writeFile(`${JSON.stringify(kept, null, 1)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
    const parent = await open(folder, 'r')
    try {
      await parent.sync()
    } finally {
      await parent.close()
    }
  } catch (cause) {
    throw spoolError(cause)
  }
}
