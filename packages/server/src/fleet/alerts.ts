// When somebody is to be told of an encoder: DELIVERY.md FL6. Of each kind, of each encoder:
//
//   clear ── its condition ──> seen ── it held for so long ──> told ── it is over ──> clear
//     ^                         └── it is over ──> clear        (both ends of what was told are told)
//
// Between the limit where an episode begins and the one where it ends nothing changes: what swings around one of them
// is one episode. What is not known, because the encoder is silent, is neither.
import type { AlertKind, AlertLimits, EncoderReport } from '@rushes/protocol'

/** Since when the condition holds, ms since 1970; told or only seen. */
export type Episode = { since: number; isTold: boolean }
export type Episodes = Partial<Record<AlertKind, Episode>>

export type Notice = { kind: AlertKind; phase: 'began' | 'over'; since: number; detail: string }

export type Observation = {
  /** The last one; null: there was none yet. */
  report: EncoderReport | null
  /** Since it came, or since this server began to listen. */
  silentMs: number
}

type Finding = { holds: boolean | 'unknown'; detail: string }
type Rule = { holdMs: number; find(report: EncoderReport, limits: AlertLimits): Finding }

const unknown: Finding = { holds: 'unknown', detail: '' }
/** Of the limit, at which an episode of lateness is over. */
const caughtUp = 0.5
/** Percent below the limit, at which a spool is no longer nearly full. */
const roomAgain = 10

const rules: Record<Exclude<AlertKind, 'silent'>, Rule> = {
  behind: {
    holdMs: 0,
    find({ queue }, { behindSeconds }) {
      const oldest = queue.oldestSeconds ?? 0
      const detail = `the oldest file waits for ${Math.round(oldest)} s`
      if (oldest > behindSeconds) return { holds: true, detail }
      return { holds: oldest < behindSeconds * caughtUp ? false : 'unknown', detail }
    },
  },
  'source-lost': {
    // A source that is being opened, or reconnected at once, is none that was lost.
    holdMs: 15_000,
    find({ state, sources }) {
      const missing = sources.filter((source) => source.state === 'lost' || source.state === 'connecting')
      const holds = state === 'recording' && (sources.length === 0 || missing.length > 0)
      const named = missing.map(({ name, detail }) => (detail === '' ? name : `${name}: ${detail}`)).join('; ')
      return { holds, detail: named === '' ? 'nothing comes from its sources' : named }
    },
  },
  'spool-nearly-full': {
    holdMs: 0,
    find({ queue, spoolLimit }, { spoolPercent }) {
      if (spoolLimit === 0) return unknown
      const percent = (queue.bytes / spoolLimit) * 100
      const detail = `${Math.round(percent)} % of its spool waits to be delivered`
      if (percent >= spoolPercent) return { holds: true, detail }
      return { holds: percent < spoolPercent - roomAgain ? false : 'unknown', detail }
    },
  },
}

/** What is to be told now, and what is to be remembered. */
export function observe(
  episodes: Episodes,
  observation: Observation,
  limits: AlertLimits,
  now: number,
): { episodes: Episodes; notices: Notice[] } {
  const next: Episodes = {}
  const notices: Notice[] = []
  const isSilent = silence(observation, limits)
  const step = (kind: AlertKind, holdMs: number, { holds, detail }: Finding): void => {
    const before = episodes[kind]
    if (holds === false) {
      if (before?.isTold === true) notices.push({ kind, phase: 'over', since: before.since, detail: '' })
      return
    }
    if (before === undefined && holds === 'unknown') return
    const since = before?.since ?? now
    const isTold = before?.isTold === true || (holds === true && now - since >= holdMs)
    if (isTold && before?.isTold !== true) notices.push({ kind, phase: 'began', since, detail })
    next[kind] = { since, isTold }
  }
  step('silent', 0, isSilent)
  const { report } = observation
  for (const [kind, { holdMs, find }] of Object.entries(rules) as [Exclude<AlertKind, 'silent'>, Rule][]) {
    const isOff = report?.state === 'off'
    const finding = isOff
      ? { holds: false, detail: '' }
      : report === null || isSilent.holds
        ? unknown
        : find(report, limits)
    step(kind, holdMs, finding)
  }
  return { episodes: next, notices }
}

/** Who said that it goes is not missed, and who never came neither. */
function silence({ report, silentMs }: Observation, { silentSeconds }: AlertLimits): Finding {
  const holds = report !== null && report.state !== 'off' && silentMs > silentSeconds * 1000
  return { holds, detail: `nothing was heard of it for ${Math.round(silentMs / 1000)} s` }
}
