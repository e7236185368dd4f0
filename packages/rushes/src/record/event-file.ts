import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { type EventSpool, eventText, maxEvents, type TimelineEvent } from '@rushes/protocol'
import { CommandError } from '../output.ts'

/** Events of a recording, from JSON lines `{t, kind, data}`. */
export type EventFile = {
  spool: EventSpool
  /** Every line was read. Rejects with a CommandError at the first that is no event. */
  ended: Promise<void>
}

/**
 * A file is read to its end before this settles, so that a mistake in it costs no recording; a pipe is read while its other
 * end writes.
 *
 * @param grown more can be read
 * @throws CommandError `no-such-file`, `bad-event`, `too-many-events`
 */
export async function openEventFile(path: string, grown: () => void): Promise<EventFile> {
  const found = await stat(path).catch(() => null)
  if (found === null || found.isDirectory()) throw new CommandError('no-such-file', `${path} is no file of events`)
  const texts: string[] = []
  const ended = readLines(path, texts, grown)
  if (found.isFile()) await ended
  ended.catch(() => {}) // told by whoever waits for it
  return {
    ended,
    spool: {
      get count() {
        return texts.length
      },
      read: async (first, most) => texts.slice(first, first + most),
    },
  }
}

async function readLines(path: string, texts: string[], grown: () => void): Promise<void> {
  let number = 0
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++
    if (line.trim() === '') continue
    if (texts.length === maxEvents) throw new CommandError('too-many-events', `${path} has over ${maxEvents} events`)
    try {
      texts.push(eventText(JSON.parse(line) as TimelineEvent))
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new CommandError('bad-event', `line ${number} of ${path}: ${reason}`, { cause })
    }
    grown()
  }
}
