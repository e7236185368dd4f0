import type { Random } from './random.ts'

/** What happened at a meeting, or what only looks as if it had: one track has one kind of record in the archive. */
export type Track = {
  name: string
  /** Whether its records are events that discovery must find; else it must not. */
  real: boolean
  /** `t` in ms on the recording's timeline. */
  points: { t: number; value: number | null }[]
}

const gapLaws = ['exponential', 'lognormal', 'uniform', 'bursts'] as const

function growingTimes(random: Random, count: number, meanGapMs: number): number[] {
  const law = random.pick(gapLaws)
  const sigma = random.uniform(0.5, 1.1)
  let t = random.chance(0.2) ? 0 : random.exponential(meanGapMs / 2)
  const times: number[] = []
  for (let each = 0; each < count; each++) {
    times.push(Math.round(t))
    const gap =
      law === 'exponential'
        ? random.exponential(meanGapMs)
        : law === 'lognormal'
          ? meanGapMs * Math.exp(sigma * random.normal() - (sigma * sigma) / 2)
          : law === 'uniform'
            ? random.uniform(0.2, 1.8) * meanGapMs
            : random.chance(0.3)
              ? random.uniform(0.02, 0.1) * meanGapMs
              : random.exponential(meanGapMs * 1.4)
    t += Math.max(1_100, gap)
  }
  return times
}

export function slideTrack(random: Random, name: string, lengthMs: number): { track: Track; pages: number } {
  const count = random.between(8, 60)
  const pages = Math.max(5, Math.round(count * random.uniform(0.5, 1.2)))
  const base = random.pick([0, 1])
  const back = random.uniform(0, 0.25)
  const jump = random.uniform(0, 0.08)
  let page = random.chance(0.85) ? 0 : random.between(0, pages - 1)
  const points = growingTimes(random, count, lengthMs / count).map((t) => {
    const point = { t, value: page + base }
    const step = random.chance(jump) ? random.between(-6, 9) : random.chance(back) ? -1 : random.chance(0.1) ? 2 : 1
    page = Math.min(pages - 1, Math.max(0, page + step))
    if (page + base === point.value) page = page > 0 ? page - 1 : page + 1
    return point
  })
  return { track: { name, real: true, points }, pages }
}

export function speakerTrack(random: Random, name: string, lengthMs: number): Track {
  const count = random.between(6, 40)
  const base = random.pick([0, 1, 1, 10, 100])
  const people = random.between(2, 8)
  let who = 0
  const points = growingTimes(random, count, lengthMs / count).map((t) => {
    who = (who + random.between(1, people - 1)) % people
    return { t, value: base + who }
  })
  return { name, real: true, points }
}

/** Regular: an exact beat or one with a little jitter, numbered or not. */
export function heartbeatTrack(random: Random, name: string, lengthMs: number, numbered: boolean): Track {
  const periodMs = Math.max(lengthMs / 400, random.pick([1_000, 2_000, 5_000, 10_000, 15_000, 30_000]))
  const jitter = random.chance(0.5) ? 0 : random.uniform(0, 0.04)
  const first = random.uniform(0, periodMs)
  const step = random.pick([1, 1, 1, 2])
  const points = []
  for (let beat = 0; first + beat * periodMs < lengthMs; beat++) {
    const t = Math.round(first + (beat + random.uniform(-jitter, jitter)) * periodMs)
    points.push({ t: Math.max(0, t), value: numbered ? beat * step : null })
  }
  return { name, real: false, points }
}

/** A regular reading of something that wanders: level, load, temperature. */
export function meterTrack(random: Random, name: string, lengthMs: number): Track {
  const track = heartbeatTrack(random, name, lengthMs, false)
  let level = random.between(10, 200)
  for (const point of track.points) {
    level = Math.min(250, Math.max(0, level + random.between(-4, 4)))
    point.value = level
  }
  return track
}

/** Good times, but values that do not step. */
export function unsteppedTrack(random: Random, name: string, lengthMs: number, top: number): Track {
  const count = random.between(10, 60)
  const points = growingTimes(random, count, lengthMs / count).map((t) => ({ t, value: random.between(0, top) }))
  return { name, real: false, points }
}

/** Good values, but times that fall back. */
export function fallingTrack(random: Random, name: string, lengthMs: number): Track {
  const { track } = slideTrack(random, name, lengthMs)
  const times = track.points.map((point) => point.t)
  const how = random.pick(['shuffled', 'sawtooth', 'descending', 'often'])
  if (how === 'shuffled') for (const point of track.points) point.t = random.between(0, lengthMs)
  if (how === 'descending') for (const [index, t] of times.toReversed().entries()) track.points[index]!.t = t
  if (how === 'sawtooth') {
    const parts = random.between(2, 4)
    for (const point of track.points) point.t = Math.round((point.t * parts) % (lengthMs * random.uniform(0.9, 1)))
  }
  if (how === 'often') {
    for (const point of track.points) {
      if (random.chance(0.3)) point.t = Math.max(0, point.t - random.between(20_000, lengthMs >> 1))
    }
    track.points[1]!.t = 0
    track.points[4]!.t = 0
  }
  return { name, real: false, points: track.points }
}
