// Batches that tell their number, so that whoever reads a journal sees whether one is missing, doubled, torn or out of order.
import type { JobEntry } from '../src/job-entry.ts'
import type { Journal } from '../src/journal.ts'

export const batchLength = 3
const awkward = 'a \u0000 and a \ud800 alone, \u2028, "quotes", 日本, \n and \\'

export function numberedBatch(number: number): JobEntry[] {
  return Array.from({ length: batchLength }, (_, index) => ({
    ...{ type: 'planned', at: 1_700_000_000_000.25 + number, task: `task-${number}-${index}`, rule: 'convert' },
    takes: [awkward, 'x'.repeat((number * 37) % 900)],
  }))
}

/** How many batches these are. @throws where they are not the first ones, whole and in order */
export function countBatches(entries: readonly JobEntry[]): number {
  const count = entries.length / batchLength
  const expected = Array.from({ length: Math.ceil(count) }, (_, number) => numberedBatch(number)).flat()
  if (JSON.stringify(entries) !== JSON.stringify(expected))
    throw new Error(`${entries.length} entries are not in order`)
  return count
}

/** Goes on where the journal ends, until the process is killed; prints the number of batches after each that is durable. */
export async function appendForever(journal: Journal): Promise<void> {
  let count = countBatches(await journal.read())
  for (;;) {
    await journal.append(numberedBatch(count++))
    process.stdout.write(`${count}\n`)
  }
}
