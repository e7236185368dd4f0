// Where people left recordings they have not finished. One entry of localStorage holds them all, so that the number of
// remembered recordings has a bound and the oldest can go.

const key = 'rushes.resume'
/** More than anybody has half-watched; about 10 KB. */
const maxEntries = 200
/** Nobody "left" a recording in its first or last seconds. */
const edgeSeconds = 5

type Entry = { seconds: number; at: number }

/** The part of `Storage` that is used. */
export type ResumeStorage = Pick<Storage, 'getItem' | 'setItem'>

export interface ResumeStore {
  /** Seconds, or null where there is nothing to resume. */
  read(recordingId: string): number | null
  write(recordingId: string, seconds: number, durationSeconds: number): void
  clear(recordingId: string): void
}

/** Keeps positions in `storage`; where it is missing, full or spoilt, nothing is remembered and nothing breaks. */
export function resumeStore(storage: ResumeStorage | null, now: () => number = Date.now): ResumeStore {
  function load(): Map<string, Entry> {
    try {
      const value: unknown = JSON.parse(storage?.getItem(key) ?? '{}')
      if (typeof value !== 'object' || value === null) return new Map()
      return new Map(Object.entries(value).filter((pair): pair is [string, Entry] => isEntry(pair[1])))
    } catch {
      return new Map() // spoilt by somebody else's hand, or storage is forbidden: begin anew
    }
  }

  function save(entries: Map<string, Entry>): void {
    const kept = [...entries].sort((a, b) => b[1].at - a[1].at).slice(0, maxEntries)
    try {
      storage?.setItem(key, JSON.stringify(Object.fromEntries(kept)))
    } catch {
      // Full or forbidden: resuming is a convenience.
    }
  }

  function clear(recordingId: string): void {
    const entries = load()
    if (entries.delete(recordingId)) save(entries)
  }

  return {
    read: (recordingId) => load().get(recordingId)?.seconds ?? null,
    write(recordingId, seconds, durationSeconds) {
      if (!Number.isFinite(seconds)) return
      const nearEnd = Number.isFinite(durationSeconds) && seconds > durationSeconds - edgeSeconds
      if (seconds < edgeSeconds || nearEnd) return clear(recordingId)
      const entries = load()
      entries.set(recordingId, { seconds: Math.round(seconds * 10) / 10, at: now() })
      save(entries)
    },
    clear,
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false
  const { seconds, at } = value as Partial<Entry>
  return Number.isFinite(seconds) && Number.isFinite(at)
}
