// kill -9 at random instants, over a link that loses packets: of the server, of the encoder.
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyReport, type Fault, type FaultContext, type FaultReport } from '../fault.ts'
import { judgeDecoded, judgeDelivery } from './judge.ts'
import { labPrograms, whyNoLab } from './network-lab.ts'
import { openSite, type Site } from './site.ts'
import { judgeTraffic, ratio } from './traffic.ts'

/** A file on each of four connections. */
const lostByStrike = 4 * 60_000

type Encoder = ReturnType<Site['encode']>

async function underKills(
  context: FaultContext,
  { trials, struckMs }: { trials: number; struckMs: number },
  strike: (site: Site, encoder: Encoder) => Promise<void>,
): Promise<FaultReport> {
  const { say, scale } = context
  const report = emptyReport()
  const site = await openSite(context, { delayMs: 5, jitterMs: 5, rate: 50e6 })
  site.lab.setRules({ loss: 0.01 })
  const intervalMs = 100
  // About as long as the kills take, so that most of them meet a busy link.
  const encoder = site.encode({ segments: Math.ceil((trials * struckMs) / intervalMs), intervalMs })
  // A delivery that nobody created yet can't be played.
  await encoder.nextDelivery(30_000)
  const decoder = site.decode(encoder.job.head.id)
  for (; report.trials < trials; report.trials++) {
    await strike(site, encoder)
    if (report.trials % 20 === 19)
      say(`${report.trials + 1} of ${trials}, ${encoder.progress.delivered} files delivered`)
  }
  say('the kills are over')
  await encoder.done(600_000)
  say(`all is delivered; once there was: ${[...encoder.lastErrors].join(', ')}`)
  const verdict = await judgeDelivery(site, { folder: encoder.job.folder, listed: encoder.listed })
  const traffic = await judgeTraffic(site, encoder, {
    bytes: verdict.bytes,
    onTheWay: scale === 'short' ? trials * lostByStrike : 0,
  })
  const decoded = await judgeDecoded(encoder.job.folder, decoder, 120_000)
  report.acknowledgedBytes = verdict.bytes
  report.lostBytes = verdict.lostBytes
  report.problems.push(...verdict.problems, ...traffic.problems, ...decoded.problems)
  report.note = `${verdict.files} files, bytes sent ${ratio(traffic.ratio)}, ${decoded.frames} frames decoded`
  await site.server.stop()
  return report
}

async function killServerOnce({ random }: FaultContext, { server }: Site): Promise<void> {
  await sleep(random.integer(50, 800))
  await server.kill(random.chance(0.5))
  await server.start()
}

async function killEncoderOnce({ random }: FaultContext, encoder: Encoder): Promise<void> {
  await sleep(random.integer(100, 1400))
  await encoder.kill()
  encoder.start()
}

export const killServer: Fault = {
  name: 'kill -9 of the server, delivered to',
  programs: labPrograms,
  whyNot: whyNoLab,
  run: (context) => underKills(context, { trials: 100, struckMs: 1500 }, (site) => killServerOnce(context, site)),
}

export const killEncoder: Fault = {
  name: 'kill -9 of the encoder',
  programs: labPrograms,
  whyNot: whyNoLab,
  run: (context) =>
    underKills(context, { trials: 100, struckMs: 1200 }, (_site, encoder) => killEncoderOnce(context, encoder)),
}

/** Both in one run: short. */
export const killEither: Fault = {
  name: 'kill -9 of server and encoder',
  programs: labPrograms,
  whyNot: whyNoLab,
  run: (context) =>
    underKills(context, { trials: 2, struckMs: 2500 }, async (site, encoder) => {
      await killServerOnce(context, site)
      await killEncoderOnce(context, encoder)
    }),
}
