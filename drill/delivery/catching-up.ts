// How much of a link an encoder uses that has to catch up: beside iperf3 over the same link, with as many connections and
// the same congestion control.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyReport, type Fault, type FaultContext } from '../fault.ts'
import { killNow } from '../scene.ts'
import { judgeDelivery } from './judge.ts'
import { type LinkRules, labPrograms, whyNoLab } from './network-lab.ts'
import { openRelay } from './relay-process.ts'
import { openSite, type Site } from './site.ts'

const connections = 4
const iperfPort = 5201
const iperfSeconds = 8
const leastShare = 0.9

/** Bits a second that iperf3 receives through the relay. */
async function iperfRate({ scene }: FaultContext, { lab }: Site, control: string): Promise<number> {
  const [program, ...inServer] = lab.inside('srv')
  const server = spawn(program!, [...inServer, 'iperf3', '-s', '-1', '-p', `${iperfPort}`], {
    stdio: 'ignore',
    cwd: scene.folder,
  })
  scene.onEnd(() => killNow(server.pid))
  await sleep(500)
  const client = spawn(
    program!,
    [
      ...lab.inside('enc').slice(1),
      ...['iperf3', '-c', lab.addresses.midForEnc, '-p', '7072', '-P', `${connections}`, '-t', `${iperfSeconds}`],
      ...['-C', control, '-J'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: scene.folder },
  )
  let text = ''
  client.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  await once(client, 'close')
  killNow(server.pid)
  const { end, error } = JSON.parse(text) as { end?: { sum_received?: { bits_per_second: number } }; error?: string }
  if (end?.sum_received === undefined) throw new Error(`iperf3: ${error ?? 'no result'}`)
  return end.sum_received.bits_per_second
}

/** Bits a second of an encoder with a backlog, from the first bytes until nearly all of it is delivered. */
async function encoderRate(site: Site, rules: LinkRules): Promise<{ rate: number; problems: string[]; bytes: number }> {
  site.lab.setRules({ down: true })
  const segments = 20
  const encoder = site.encode({
    ...{ segments, clip: 'large', intervalMs: 0, startAt: Date.now() - 3_600_000 },
    workers: { least: connections, most: connections },
  })
  const files = 2 * (segments + 1)
  while (encoder.listed.size < files) await sleep(50)
  const sent = async (): Promise<number> => (await site.relay.count(site.lab.addresses.midForEnc)).up
  const before = await sent()
  site.lab.setRules(rules)
  let [fromBytes, from] = [before, 0]
  while (encoder.progress.delivered < 0.85 * files) {
    const up = await sent()
    if (from === 0 && up - before > 100_000) [fromBytes, from] = [up, performance.now()]
    await sleep(20)
  }
  const rate = (((await sent()) - fromBytes) * 8000) / (performance.now() - from)
  await encoder.done(120_000)
  const { problems, bytes } = await judgeDelivery(site, { folder: encoder.job.folder, listed: encoder.listed })
  return { rate, problems, bytes }
}

export const catchingUp: Fault = {
  name: 'catching up, beside iperf3',
  programs: [...labPrograms, 'iperf3'],
  whyNot: whyNoLab,
  async run(context) {
    const report = emptyReport()
    const site = await openSite(context, { delayMs: 20, jitterMs: 5, rate: 20e6 })
    await openRelay(context.scene, site.lab, {
      port: 7072,
      ...{ to: { host: site.lab.addresses.srv, port: iperfPort }, delayMs: 20, jitterMs: 5 },
    })
    const notes: string[] = []
    for (const loss of [0, 0.01]) {
      for (const control of ['cubic', 'bbr']) {
        site.lab.setCongestionControl(control)
        site.lab.setRules({ loss })
        const peer = await iperfRate(context, site, control)
        const { rate, problems, bytes } = await encoderRate(site, { loss })
        const share = rate / peer
        report.trials++
        report.acknowledgedBytes += bytes
        report.problems.push(...problems)
        // With losses both are a matter of luck.
        if (loss === 0 && share < leastShare) {
          report.problems.push(
            `${control}: ${(rate / 1e6).toFixed(1)} Mbit/s, where iperf3 has ${(peer / 1e6).toFixed(1)}`,
          )
        }
        notes.push(
          `${control}, ${loss * 100} % lost: ${(rate / 1e6).toFixed(1)} of ${(peer / 1e6).toFixed(1)} Mbit/s, ${share.toFixed(2)}`,
        )
        context.say(notes.at(-1)!)
      }
    }
    report.note = notes.join('; ')
    await site.server.stop()
    return report
  },
}
