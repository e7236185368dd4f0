// How recordings end when nobody ends them, and how one goes on whose unsynced tail came back damaged.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { ApiError, type RecordingView } from '@rushes/protocol'
import { lastRelied, readAcknowledgementLog } from '../acknowledgement-log.ts'
import { emptyReport, type Fault } from '../fault.ts'
import { createPatiently, openFleet } from '../fleet.ts'
import { judgeCatalog, judgePublished, judgeStored, storedBody } from '../oracle.ts'
import { openSenderProcess } from '../sender-process.ts'
import { type ServerProcess, startServer } from '../server-process.ts'
import { openWireSender } from '../wire-sender.ts'

const quietMs = 2000

async function publishedWithin(server: ServerProcess, id: string, ms: number): Promise<RecordingView | null> {
  for (const until = performance.now() + ms; performance.now() < until; await sleep(100)) {
    const view = await server.client.recording(id)
    if (view.state === 'published') return view
  }
  return null
}

/** Q1, Q2, C3: senders that die without an end; one that only stays connected; one that never comes. */
export const quietEnd: Fault = {
  name: 'recording never stopped',
  async run(context) {
    const { scene, media, random } = context
    const report = emptyReport()
    const server = await startServer(context, { limits: { quietMs } })
    const empty = await createPatiently(server)
    const held = await createPatiently(server)
    const holder = await openWireSender(held.ingestUrl)
    await holder.hello(held.token)
    for (; report.trials < 6; report.trials++) {
      const input = media[report.trials % media.length]!
      const { id, token, ingestUrl: url } = await createPatiently(server)
      const folder = join(scene.folder, id)
      mkdirSync(folder)
      const recording = { id, token, url, input, folder }
      const sender = openSenderProcess(scene)
      sender.send({ ...recording, input: input.path, bytesPerSecond: 250_000, ends: true })
      await sleep(random.integer(2000, 4500))
      await sender.kill()
      // Half of them find the server started again in between: the quiet time begins anew, and ends.
      if (report.trials % 2 === 1) {
        await server.kill(true)
        await server.start()
      }
      const view = await publishedWithin(server, id, quietMs + 15_000)
      const relied = lastRelied(readAcknowledgementLog(join(folder, 'witness'))).offset
      report.acknowledgedBytes += relied
      if (view === null) {
        report.problems.push(`${id}: not published after the quiet time`)
        continue
      }
      if (view.endReason !== 'quiet') report.problems.push(`${id}: ended by ${view.endReason}`)
      report.lostBytes += Math.max(0, relied - view.bytes)
      report.problems.push(...(await judgePublished(view, recording, true)))
      report.problems.push(...(await judgeStored(server.blobsDir, recording)).problems)
      // Q2: the sender comes back, and is told.
      await sender.killAndRestart()
      for (let waited = 0; waited < 200 && !sender.reports.some(({ state }) => state === 'published'); waited++)
        await sleep(50)
      if (!sender.reports.some(({ state }) => state === 'published'))
        report.problems.push(`${id}: its sender was not told`)
      await sender.kill()
    }
    const gone = await server.client
      .recording(empty.id)
      .catch((error: unknown) => (error instanceof ApiError ? error.status : error))
    if (gone !== 404) report.problems.push(`${empty.id}: never received a byte, and is still there`)
    report.problems.push(...(await judgeCatalog(server)))
    await server.stop()

    const calm = await startServer(context, { limits: { quietMs } })
    const kept = await createPatiently(calm)
    const keeper = await openWireSender(kept.ingestUrl)
    await keeper.hello(kept.token)
    await sleep(2.5 * quietMs)
    const open = await calm.client.recording(kept.id)
    if (open.state !== 'receiving') report.problems.push(`${kept.id}: ${open.state} while its sender was connected`)
    await keeper.end()
    await calm.stop()
    return report
  },
}

/** R2: the server dies, and finds bytes behind the last acknowledgement that are not those that were sent. */
export const damagedTail: Fault = {
  name: 'damaged unsynced tail',
  async run(context) {
    const { scene, media, random } = context
    const report = emptyReport()
    const server = await startServer(context)
    const fleet = openFleet({ scene, server, media, width: 3, bytesPerSecond: 150_000 })
    await fleet.start()
    let rewinds = 0
    for (; report.trials < 20; report.trials++) {
      await sleep(random.integer(300, 1500))
      await server.kill(random.chance(0.5))
      await sleep(random.integer(300, 800)) // the senders go on recording meanwhile
      for (const recording of fleet.recordings) {
        if (fleet.published.has(recording.id)) continue
        const path = storedBody(server.blobsDir, recording.id)
        if (!existsSync(path)) continue // its sender was not welcomed yet
        const stored = readFileSync(path)
        const told = readAcknowledgementLog(join(recording.folder, 'witness'))
        // A welcome may have counted a damaged tail of an earlier round; what was acknowledged or relied on may not.
        const promised = Math.max(0, ...told.filter(({ kind }) => kind !== 'welcome').map(({ offset }) => offset))
        const spooled = statSync(join(recording.folder, 'spool')).size
        if (stored.length < promised) report.problems.push(`${recording.id}: ${stored.length} stored of ${promised}`)
        const length = Math.min(spooled - promised, random.integer(1, 60_000))
        if (length < 1 || promised === 0) continue
        const tail = Buffer.from(recording.input.bytes.subarray(promised, promised + length))
        tail[random.integer(0, length - 1)]! ^= random.integer(1, 255)
        writeFileSync(path, Buffer.concat([stored.subarray(0, promised), tail]))
        rewinds++
      }
      await server.start()
    }
    await fleet.settle(90_000)
    const verdict = await fleet.judgeStored({ damagedTail: true })
    report.acknowledgedBytes = verdict.acknowledgedBytes
    report.lostBytes = verdict.lostBytes
    report.problems.push(...verdict.problems, ...(await fleet.judgePublished()), ...(await judgeCatalog(server)))
    const seen = fleet.recordings.reduce((sum, { folder, input }) => {
      const welcomes = readAcknowledgementLog(join(folder, 'witness')).filter(({ kind }) => kind === 'welcome')
      return sum + welcomes.filter(({ offset, crc }) => crc32(input.bytes.subarray(0, offset)) !== crc).length
    }, 0)
    if (seen === 0)
      report.problems.push('no sender was welcomed with a damaged tail: the drill did not reach what it is for')
    report.note = `${rewinds} tails damaged, ${seen} times a sender went back`
    await server.stop()
    return report
  },
}
