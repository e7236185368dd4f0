import type { MadeUpArchive } from './made-up-archive.ts'

export type Score = { right: number; found: number; wanted: number }

/** Exact pairs of (time to the ms, value); each event of the truth counts once. */
export function scoreOf(
  archive: Pick<MadeUpArchive, 'events'>,
  events: readonly { t: number; value: number | null }[],
): Score {
  const wanted = new Map<string, number>()
  for (const { t, value } of archive.events) {
    const key = `${Math.round(t)} ${value}`
    wanted.set(key, (wanted.get(key) ?? 0) + 1)
  }
  let right = 0
  for (const { t, value } of events) {
    const key = `${Math.round(t)} ${value}`
    const left = wanted.get(key) ?? 0
    if (left === 0) continue
    wanted.set(key, left - 1)
    right++
  }
  return { right, found: events.length, wanted: archive.events.length }
}

/** F1 of all together; 1 where there was nothing to find and nothing was found. */
export function f1(scores: readonly Score[]): number {
  const sum = (key: keyof Score) => scores.reduce((total, score) => total + score[key], 0)
  const all = sum('found') + sum('wanted')
  return all === 0 ? 1 : (2 * sum('right')) / all
}
