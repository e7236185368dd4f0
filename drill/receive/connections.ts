// Who may write: dead connections that look alive, a second connection, a sender that slept through its lease, and a
// network that alters what it carries.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { closeCodes } from '@rushes/protocol'
import { lastRelied, readAcknowledgementLog } from '../acknowledgement-log.ts'
import { emptyReport, type Fault, type FaultContext } from '../fault.ts'
import { createPatiently, openFleet } from '../fleet.ts'
import { type Fate, type Frame, openFrameProxy } from '../frame-proxy.ts'
import { sha256 } from '../input-media.ts'
import { judgeCatalog, storedBody } from '../oracle.ts'
import { killNow } from '../scene.ts'
import { openSenderProcess } from '../sender-process.ts'
import { startServer } from '../server-process.ts'
import { openWireSender, rightChunk } from '../wire-sender.ts'

const resumeMs = 15_000

/** Connections fall silent both ways without a reset: the sender notices, comes back on a new one, and is let in. */
export const halfOpen: Fault = {
  name: 'half-open connections',
  async run(context) {
    const { scene, media, random } = context
    const report = emptyReport()
    const server = await startServer(context)
    const proxy = await openFrameProxy(scene, server.url, (frame) => [frame])
    const job = { silenceMs: 1000 }
    const fleet = openFleet({ scene, server, media, width: 4, bytesPerSecond: 150_000, viaPort: proxy.port, job })
    await fleet.start()
    let slowest = 0
    for (; report.trials < 25; report.trials++) {
      await sleep(random.integer(200, 1200))
      const victim = random.pick(fleet.recordings.filter(({ id }) => !fleet.published.has(id)))
      const heard = fleet.sender.reports.length
      const silencedAt = performance.now()
      if (proxy.silence(victim.id) === 0) continue
      const back = () =>
        fleet.published.has(victim.id) ||
        fleet.sender.reports.slice(heard).some(({ id, state }) => id === victim.id && state === 'sending')
      while (!back() && performance.now() - silencedAt < resumeMs) await sleep(20)
      if (!back()) report.problems.push(`${victim.id}: not resumed ${resumeMs} ms after its connection fell silent`)
      slowest = Math.max(slowest, performance.now() - silencedAt)
    }
    await fleet.settle(90_000)
    const verdict = await fleet.judgeStored()
    report.problems.push(...verdict.problems, ...(await fleet.judgePublished()), ...(await judgeCatalog(server)))
    report.acknowledgedBytes = verdict.acknowledgedBytes
    report.lostBytes = verdict.lostBytes
    report.note = `resumed within ${Math.round(slowest)} ms, of which the sender listened for 1000`
    await server.stop()
    return report
  },
}

/** What a frame may meet on its way, with honest senders at both ends of it. */
function tamperWith({ random }: FaultContext, counts: Map<string, number>): (frame: Frame, held: Frame[]) => Fate {
  const seen: Frame[] = []
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)
  return (frame, held) => {
    const copy = { data: Buffer.from(frame.data), binary: frame.binary }
    seen.push(copy)
    if (seen.length > 50) seen.shift()
    const former = held.pop()
    if (former !== undefined) return [frame, former]
    if (!random.chance(0.06)) return [frame]
    const fate = random.pick([
      'flip',
      'flip',
      'flip',
      'twice',
      'swap',
      'cut',
      'replay',
      'drop',
      'reset',
      'half-open',
    ] as const)
    count(fate)
    switch (fate) {
      case 'flip': {
        const bit = random.integer(0, copy.data.length * 8 - 1)
        const data = Buffer.from(frame.data)
        data[bit >> 3]! ^= 1 << (bit & 7)
        return [{ data, binary: frame.binary }]
      }
      case 'twice':
        return [frame, copy]
      case 'swap':
        held.push(frame)
        return []
      case 'cut':
        return [{ data: frame.data.subarray(0, random.integer(0, frame.data.length - 1)), binary: frame.binary }]
      case 'replay':
        return [frame, random.pick(seen)]
      case 'drop':
        return []
      default:
        return fate
    }
  }
}

/** The product's own sender behind a relay that alters, repeats, reorders and drops messages both ways. */
export const badNetwork: Fault = {
  name: 'altered messages between honest ends',
  async run(context) {
    const { scene, media } = context
    const report = emptyReport()
    const server = await startServer(context)
    const counts = new Map<string, number>()
    const tamper = tamperWith(context, counts)
    const held = new Map<string, Frame[]>()
    let calm = false
    const proxy = await openFrameProxy(scene, server.url, (frame, { connection, direction }) => {
      const key = `${connection} ${direction}`
      if (calm) return [...(held.get(key)?.splice(0) ?? []), frame]
      if (!held.has(key)) held.set(key, [])
      return tamper(frame, held.get(key)!)
    })
    const job = { silenceMs: 800 }
    const fleet = openFleet({
      scene,
      server,
      media,
      width: 6,
      bytesPerSecond: 300_000,
      viaPort: proxy.port,
      job,
      revives: true,
    })
    await fleet.start()
    const until = performance.now() + 45_000
    while (performance.now() < until) await sleep(100)
    calm = true
    await fleet.settle(90_000)
    const verdict = await fleet.judgeStored({ alteredOnTheWay: true })
    report.problems.push(...verdict.problems, ...(await fleet.judgePublished()), ...(await judgeCatalog(server)))
    report.acknowledgedBytes = verdict.acknowledgedBytes
    report.lostBytes = verdict.lostBytes
    for (const count of counts.values()) report.trials += count
    report.note = [...counts].map(([name, count]) => `${count} ${name}`).join(', ')
    await server.stop()
    return report
  },
}

/** A second connection while the first still sends: the first is fenced, and of its bytes none is mixed in. */
export const takeover: Fault = {
  name: 'second connection',
  async run(context) {
    const { random, media, scale } = context
    const report = emptyReport()
    const server = await startServer(context)
    while (report.trials < (scale === 'full' ? 60 : 3) && report.problems.length <= 3) {
      report.problems.push(...(await takeOverOnce(context, server)))
      report.trials++
      report.acknowledgedBytes += media[0]!.bytes.length >> 2
      await sleep(random.integer(0, 20))
    }
    await server.stop()
    return report
  },
}

type Server = Awaited<ReturnType<typeof startServer>>

async function takeOverOnce({ random, media }: FaultContext, server: Server): Promise<string[]> {
  const problems: string[] = []
  const { id, token, ingestUrl } = await createPatiently(server)
  const first = media[0]!.bytes.subarray(0, media[0]!.bytes.length >> 2)
  const old = await openWireSender(ingestUrl)
  const oldWelcome = await old.hello(token)
  const step = random.integer(500, 8000)
  let sent = 0
  const oldSends = (): void => {
    for (let count = 0; count < 4 && sent < first.length && old.socket.readyState === 1; count++) {
      const end = Math.min(sent + step, first.length)
      old.send(rightChunk(oldWelcome.epoch, first, sent, end))
      sent = end
    }
  }
  const sending = setInterval(oldSends, 1)
  await sleep(random.integer(5, 60))
  const fresh = await openWireSender(ingestUrl)
  const { epoch, offset, crc } = await fresh.hello(token)
  // From here on the two disagree: whatever of the old one gets in now would be seen.
  const second = Buffer.concat([first.subarray(0, offset), random.bytes(20_000)])
  if (crc !== crc32(first.subarray(0, offset)))
    problems.push(`${id}: the chain at ${offset} is not that of what was sent`)
  if (epoch <= oldWelcome.epoch) problems.push(`${id}: epoch ${epoch} after ${oldWelcome.epoch}`)
  await sleep(random.integer(0, 30))
  clearInterval(sending)
  const code = await old.closed().catch(() => null)
  if (code !== closeCodes['stale-epoch'].code) problems.push(`${id}: the old connection was closed with ${code}`)

  const middle = offset + 7000
  fresh.send(rightChunk(epoch, second, offset, middle))
  await fresh.acknowledged(middle)
  // Right in everything but its epoch.
  fresh.send(rightChunk(oldWelcome.epoch, second, middle, second.length))
  const refused = await Promise.race([fresh.closed(), sleep(1500).then(() => null)])
  if (refused !== closeCodes['stale-epoch'].code)
    problems.push(`${id}: a chunk of a stale epoch was answered by ${refused}`)
  await fresh.end()

  const last = await openWireSender(ingestUrl)
  const resumed = await last.hello(token)
  if (resumed.offset !== middle) problems.push(`${id}: welcomed at ${resumed.offset}, not ${middle}`)
  if (resumed.offset < second.length) last.send(rightChunk(resumed.epoch, second, resumed.offset, second.length))
  last.send(JSON.stringify({ type: 'end', epoch: resumed.epoch, size: second.length, crc: crc32(second) }))
  await last.closed()
  const stored = await readFile(storedBody(server.blobsDir, id))
  if (!stored.equals(second)) problems.push(`${id}: the bytes of two senders are mixed`)
  const view = await server.client.recording(id)
  if (view.sha256 !== sha256(second)) problems.push(`${id}: published with a digest of other bytes`)
  return problems
}

/** Of a file that somebody who was stopped may still have bytes under way for. */
async function restingBytes(path: string): Promise<Buffer> {
  for (let before = -1; ; ) {
    await sleep(400)
    const bytes = await readFile(path)
    if (bytes.length === before) return bytes
    before = bytes.length
  }
}

/** A sender process that is stopped, outlived by another of the same recording, and goes on as if nothing had been. */
export const zombie: Fault = {
  name: 'zombie sender',
  async run(context) {
    const { scene, media, random } = context
    const report = emptyReport()
    const server = await startServer(context)
    for (; report.trials < 12; report.trials++) {
      const input = media[report.trials % media.length]!
      const { id, token, ingestUrl: url } = await createPatiently(server)
      const [oldFolder, newFolder] = ['old', 'new'].map((name) => join(scene.folder, `${id}-${name}`)) as [
        string,
        string,
      ]
      mkdirSync(oldFolder)
      mkdirSync(newFolder)
      const old = openSenderProcess(scene)
      const job = { id, token, url, bytesPerSecond: 400_000, ends: true }
      old.send({ ...job, input: input.path, folder: oldFolder })
      await sleep(random.integer(900, 2000))
      killNow(old.pid, 'SIGSTOP')
      const stored = await restingBytes(storedBody(server.blobsDir, id))
      const other = Buffer.concat([stored, random.bytes(200_000)])
      const otherPath = join(newFolder, 'input')
      writeFileSync(otherPath, other)
      copyFileSync(join(oldFolder, 'witness'), join(newFolder, 'witness'))
      copyFileSync(otherPath, join(newFolder, 'spool'))
      const fresh = openSenderProcess(scene)
      fresh.send({ ...job, input: otherPath, folder: newFolder, ends: false })
      const freshSends = () => fresh.reports.some(({ state }) => state === 'sending')
      for (let waited = 0; !freshSends() && waited < 300; waited++) await sleep(50)
      killNow(old.pid, 'SIGCONT')
      const oldStopped = () => old.reports.find(({ state }) => state === 'stopped')
      for (let waited = 0; oldStopped() === undefined && waited < 300; waited++) await sleep(50)
      const stopped = oldStopped()
      if (stopped?.state !== 'stopped' || stopped.after !== 'stale-epoch') {
        report.problems.push(`${id}: the old sender was told ${JSON.stringify(stopped ?? null)}`)
      }
      const reliedOn = () => lastRelied(readAcknowledgementLog(join(newFolder, 'witness'))).offset
      for (let waited = 0; reliedOn() < other.length && waited < 300; waited++) await sleep(50)
      const view = await server.client.publish(id, false)
      if (view.sha256 !== sha256(other)) report.problems.push(`${id}: published other bytes than the new sender's`)
      const relied = reliedOn()
      report.acknowledgedBytes += relied
      if (relied > view.bytes) report.lostBytes += relied - view.bytes
      await old.kill()
      await fresh.kill()
    }
    await server.stop()
    return report
  },
}
