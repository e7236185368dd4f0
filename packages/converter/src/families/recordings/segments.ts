// Zoom begins new files whenever recording is stopped and begun again; in front of their names is when that was.
import type { FoundFile } from '../../input/found-file.ts'
import { gmtStamp } from './zoom-chat.ts'

/** Files further apart are of several meetings. */
const mostMs = 24 * 3_600_000

const isMedia = ({ kind }: FoundFile): boolean => /^(audio|video)\//.test(kind)

export type Segments = {
  /** When the first of them begins, ms since 1970; null: no name says it. */
  firstMs: number | null
  /** Of each, the file that is seen, else heard: the largest. */
  main: { file: FoundFile; startMs: number }[]
  /** Where a file's clock begins on that of the first. */
  startOf(file: Pick<FoundFile, 'name'>): number
}

export function recordedSegments(files: readonly FoundFile[]): Segments {
  const media = files.filter(isMedia)
  const stamped = (media.length > 0 ? media : files).flatMap(({ name }) => gmtStamp(name) ?? [])
  const firstMs = stamped.length === 0 ? null : Math.min(...stamped)
  const isOne = firstMs === null || Math.max(...stamped) - firstMs > mostMs
  const startOf = ({ name }: Pick<FoundFile, 'name'>): number => {
    const since = isOne ? 0 : (gmtStamp(name) ?? firstMs) - firstMs
    return since >= 0 && since <= mostMs ? since : 0
  }
  const bySize = [...media].sort((left, right) => right.size - left.size)
  const segments = new Map<number, FoundFile>()
  // Films first, of which there may be none.
  for (const file of [...bySize.filter(({ kind }) => kind.startsWith('video/')), ...bySize]) {
    const startMs = startOf(file)
    // What has no such name is of the first, if that has nothing else.
    if (!segments.has(startMs)) segments.set(startMs, file)
  }
  const main = [...segments].map(([startMs, file]) => ({ file, startMs }))
  return { firstMs, main: main.sort((left, right) => left.startMs - right.startMs), startOf }
}
