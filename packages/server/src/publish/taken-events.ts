// Which events of an uploaded archive a recording's timeline takes over: those that everybody may know, and that the timeline
// can say whole. The others stay in their items. Restoring and exporting ask the same, so that no event is lost or doubled.
import { maxEvents, ProtocolError, parseEvent, type TimelineEvent } from '@rushes/protocol'
import {
  type Archive,
  type TimelineEvent as ArchiveEvent,
  anonymous,
  EVENTS_TYPE,
  type Item,
  mayRead,
  TimelineBudget,
  UmfError,
} from '@rushes/umf'

/** Of all their data; as much as a recording has room for. */
const mostBytes = 64 * 1024 * 1024

export type TakenEvents = {
  /** On the clock of the main presentation; sorted. */
  taken: TimelineEvent[]
  /** Of each item that was looked into, what stays. */
  left: ReadonlyMap<string, readonly ArchiveEvent[]>
}

export async function takenEvents(archive: Archive): Promise<TakenEvents> {
  const startMs = archive.presentation?.startMs ?? 0
  const taken: TimelineEvent[] = []
  const left = new Map<string, ArchiveEvent[]>()
  const budget = new TimelineBudget()
  let bytes = 0
  for (const item of archive.items({ type: 'events' })) {
    const events = isOpen(item) ? await eventsOf(archive, item, budget) : null
    if (events === null) continue
    const staying: ArchiveEvent[] = []
    for (const event of events) {
      const own = ownEvent(event, startMs)
      const size = own === null ? 0 : Buffer.byteLength(JSON.stringify(own.data))
      if (own === null || taken.length === maxEvents || bytes + size > mostBytes) staying.push(event)
      else {
        taken.push(own)
        bytes += size
      }
    }
    left.set(item.name, staying)
  }
  return { taken: taken.sort((one, other) => one.t - other.t), left }
}

/** Whether its content is here for whoever gets the item, as events. */
export function hasPlainEvents({ contentType, pointer, encryption }: Item): boolean {
  return contentType.startsWith(EVENTS_TYPE) && pointer === undefined && encryption === undefined
}

/** Null where they can't be read. */
export async function eventsOf(archive: Archive, item: Item, budget: TimelineBudget): Promise<ArchiveEvent[] | null> {
  if (!hasPlainEvents(item)) return null
  try {
    budget.read(item.length ?? 0)
    return budget.parse(await archive.bytes(item.name))
  } catch (error) {
    if (error instanceof UmfError && (error.code === 'malformed' || error.code === 'too-large')) return null
    throw error
  }
}

/** The timeline is for everybody who may read the recording. */
function isOpen(item: Item): boolean {
  return mayRead(anonymous, item)
}

/** The event as the timeline keeps it; null where it has no place for it. */
function ownEvent(event: ArchiveEvent, startMs: number): TimelineEvent | null {
  if (Object.keys(event).some((key) => !['t', 'kind', 'data'].includes(key)) || event.t < startMs) return null
  try {
    return parseEvent({ ...event, t: event.t - startMs })
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
