// Networks that are away for a while, connections that fall silent, an encoder that gets another address: a decoder that
// keeps a longer delay plays through all of it without a hole.
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyReport, type Fault, type FaultContext, type FaultReport } from '../fault.ts'
import type { DecoderProcess } from './decoder-process.ts'
import { judgeDecoded, judgeDelivery } from './judge.ts'
import { labPrograms, whyNoLab } from './network-lab.ts'
import { openSite, type Site } from './site.ts'
import { judgeTraffic, ratio } from './traffic.ts'

type Encoder = ReturnType<Site['encode']>

/** After the network heals, the next file is proved within. */
const resumeMs = 5000

/** A decoder has fetched within this what was delivered of so many seconds before it began, also on a busy machine. */
const fillMs = (seconds: number): number => 20_000 + 200 * seconds

type Interruption = {
  /** Of the decoder, behind the encoder. */
  delaySeconds: number
  /** Of the event before the first interruption: that much is delivered already when the decoder begins. */
  aheadSeconds: number
  times: number
  strike(site: Site, encoder: Encoder): Promise<void>
}

async function interrupted(context: FaultContext, how: Interruption, seconds: number): Promise<FaultReport> {
  const report = emptyReport()
  const site = await openSite(context, { delayMs: 20, jitterMs: 20, rate: 20e6 })
  // The event began a while ago, so that a decoder as far behind has something to play from the first minute on.
  const encoder = site.encode({ segments: seconds, startAt: Date.now() - how.aheadSeconds * 1000 })
  await encoder.nextDelivery(60_000)
  while (encoder.progress.pending > 4 || encoder.progress.delivered < 2 * how.aheadSeconds) await sleep(50)
  const decoder = site.decode(encoder.job.head.id, ['--delay', String(how.delaySeconds)])
  // A buffer that was never filled bridges nothing: from here on it has what there is to have.
  const until = performance.now() + fillMs(how.aheadSeconds)
  while (!isFull(encoder, decoder, how.aheadSeconds) && performance.now() < until) await sleep(50)
  if (!isFull(encoder, decoder, how.aheadSeconds)) report.problems.push('the decoder did not fill its buffer')
  let slowest = 0
  for (; report.trials < how.times; report.trials++) {
    await how.strike(site, encoder)
    const resumed = await encoder.nextDelivery(60_000)
    slowest = Math.max(slowest, resumed)
    // The short form runs with other tests on a machine that may be busy with them.
    if (context.scale === 'full' && resumed > resumeMs)
      report.problems.push(`work went on ${Math.round(resumed)} ms after the network healed`)
    // The decoder, too, may take its time to notice that a connection is dead.
    await sleep(10_000)
  }
  await encoder.done((seconds + 120) * 1000)
  const verdict = await judgeDelivery(site, { folder: encoder.job.folder, listed: encoder.listed })
  // What connections held when they died has to be sent again; only a longer event makes up for it.
  const onTheWay = seconds < 100 ? how.times * lostByStrike : 0
  const traffic = await judgeTraffic(site, encoder, { bytes: verdict.bytes, onTheWay })
  const decoded = await judgeDecoded(encoder.job.folder, decoder, (how.delaySeconds + 60) * 1000)
  report.acknowledgedBytes = verdict.bytes
  report.lostBytes = verdict.lostBytes
  report.problems.push(...verdict.problems, ...traffic.problems, ...decoded.problems)
  report.note = `went on within ${Math.round(slowest)} ms, bytes sent ${ratio(traffic.ratio)}, ${decoded.frames} frames decoded ${how.delaySeconds} s behind, ${decoded.result?.holes} holes`
  await site.server.stop()
  return report
}

/** As many files as the time before it has, and those of the last seconds: what comes while it fills is fetched last. */
function isFull({ listed }: Encoder, decoder: DecoderProcess, aheadSeconds: number): boolean {
  const cached = decoder.cached()
  const newest = [...listed.values()].slice(-12, -4)
  return cached.size >= 2 * aheadSeconds && newest.every((digest) => cached.has(digest.replace('sha256:', '')))
}

/** A file on each of four connections. */
const lostByStrike = 4 * 60_000

/** The network is away, both sites cut off at once, and no packet says so. */
export function outage(seconds: number): Fault {
  return {
    name: seconds < 60 ? `outage of ${seconds} s` : `outage of ${seconds / 60} min`,
    programs: labPrograms,
    whyNot: whyNoLab,
    run: (context) => {
      const delaySeconds = seconds + 8
      const aheadSeconds = seconds > 10 ? seconds : 8
      const strike = async ({ lab }: Site): Promise<void> => {
        lab.setRules({ down: true })
        await sleep(seconds * 1000)
        lab.setRules({})
      }
      const event = aheadSeconds + seconds + 12
      return interrupted(context, { delaySeconds, aheadSeconds, times: 1, strike }, event)
    },
  }
}

/** Connections that stand say nothing more, and nobody closes them. */
export const halfOpen: Fault = {
  name: 'half-open connections of encoder and decoder',
  programs: labPrograms,
  whyNot: whyNoLab,
  run: (context) =>
    interrupted(
      context,
      { delaySeconds: 25, aheadSeconds: 20, times: 3, strike: async ({ relay }) => relay.silence() },
      100,
    ),
}

export const addressChange: Fault = {
  name: "the encoder's address changes",
  programs: labPrograms,
  whyNot: whyNoLab,
  run: (context) =>
    interrupted(
      context,
      { delaySeconds: 25, aheadSeconds: 20, times: 3, strike: async ({ lab }) => lab.changeEncoderAddress() },
      100,
    ),
}
