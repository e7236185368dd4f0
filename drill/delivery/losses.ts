// Packets that are lost at random, on every link, beside delay, jitter and a narrow link.
import { emptyReport, type Fault } from '../fault.ts'
import { judgeDecoded, judgeDelivery } from './judge.ts'
import { labPrograms, whyNoLab } from './network-lab.ts'
import { openSite } from './site.ts'
import { judgeTraffic, ratio } from './traffic.ts'

/** @param loss share of packets, each way on each link */
export function lossFault(loss: number): Fault {
  return {
    name: `${loss * 100} % of packets lost`,
    programs: labPrograms,
    whyNot: whyNoLab,
    async run(context) {
      const report = emptyReport()
      const segments = context.scale === 'full' ? 120 : 20
      const site = await openSite(context, { delayMs: 20, jitterMs: 20, rate: 20e6 })
      site.lab.setRules({ loss })
      const from = performance.now()
      const encoder = site.encode({ segments, intervalMs: 200 })
      await encoder.nextDelivery(60_000)
      const decoder = site.decode(encoder.job.head.id)
      await encoder.done(600_000)
      const seconds = (performance.now() - from) / 1000
      const verdict = await judgeDelivery(site, { folder: encoder.job.folder, listed: encoder.listed })
      const traffic = await judgeTraffic(site, encoder, { bytes: verdict.bytes })
      const decoded = await judgeDecoded(encoder.job.folder, decoder, 120_000)
      report.trials = verdict.files
      report.acknowledgedBytes = verdict.bytes
      report.lostBytes = verdict.lostBytes
      report.problems.push(...verdict.problems, ...traffic.problems, ...decoded.problems)
      report.note = `${seconds.toFixed(1)} s for ${((segments * 200) / 1000).toFixed(0)} s, bytes sent ${ratio(traffic.ratio)}, ${decoded.frames} frames decoded`
      await site.server.stop()
      return report
    },
  }
}
