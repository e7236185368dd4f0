// Backups of a server that is being sent to, at random instants, and backups that are killed.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyReport, type Fault } from '../fault.ts'
import { openFleet } from '../fleet.ts'
import { startServer } from '../server-process.ts'
import { arrivingDeliveries } from './arriving-deliveries.ts'
import { backupCommands } from './backup-process.ts'
import { judgeRestored, promisedBy, restoredServer } from './restored-server.ts'

export const backupsWhileSending: Fault = {
  name: 'backups at random instants',
  async run(context) {
    const { scene, media, random, scale } = context
    const report = emptyReport()
    const commands = backupCommands(context)
    const server = await startServer(context)
    const isShort = scale === 'short'
    const fleet = openFleet({ scene, server, media, width: 3, bytesPerSecond: isShort ? 150_000 : 400_000 })
    // The short form has a measured amount to judge, or a slow machine would make more of it the slower it is.
    if (!isShort) await fleet.start()
    else for (let count = 0; count < 3; count++) await fleet.begin()
    const deliveries = arrivingDeliveries(server, random.fork('deliveries'), isShort ? 12 : Number.POSITIVE_INFINITY)
    const folder = join(scene.folder, 'backup')
    const trials = isShort ? 2 : 25
    let copied = 0
    for (; report.trials < trials && report.problems.length === 0; report.trials++) {
      await sleep(random.integer(100, 1500))
      const promised = promisedBy(fleet)
      const proved = deliveries.proved()
      const { status, answer } = await commands.backup(server, folder)
      if (status !== 0) {
        report.problems.push(`a backup failed: ${JSON.stringify(answer)}`)
        break
      }
      copied += Number(answer['copiedBytes'])
      // The one that grew is the one that counts; each by itself costs a server more.
      if (isShort && report.trials === 0) continue
      if (isShort) await Promise.all([deliveries.stop(), fleet.sender.kill()])
      const restored = await restoredServer(context, commands, folder)
      await judgeRestored(restored.server, fleet, promised, report)
      await deliveries.judge(restored.server, proved, report)
      await restored.close()
    }
    report.note = `${copied} bytes copied in all`
    await deliveries.stop()
    await fleet.sender.kill()
    await server.stop()
    return report
  },
}

export const killedBackups: Fault = {
  name: 'kill -9 of backups',
  async run(context) {
    const { scene, media, random, scale } = context
    const report = emptyReport()
    const commands = backupCommands(context)
    const server = await startServer(context)
    const fleet = openFleet({ scene, server, media, width: 4, bytesPerSecond: 300_000 })
    await fleet.start()
    await sleep(1500)
    const folder = join(scene.folder, 'backup')
    let finished = (await commands.backup(server, folder)).status === 0 ? 1 : 0
    for (const trials = scale === 'full' ? 60 : 3; report.trials < trials; report.trials++) {
      if (await commands.killedBackup(server, folder, random.integer(250, 1000))) finished++
      const { status, answer } = await commands.verify(folder)
      if (status !== 0) report.problems.push(`after a kill the former backup is ${JSON.stringify(answer)}`)
    }
    const promised = promisedBy(fleet)
    const last = await commands.backup(server, folder)
    if (last.status !== 0) report.problems.push(`no backup could be taken any more: ${JSON.stringify(last.answer)}`)
    const restored = await restoredServer(context, commands, folder)
    await judgeRestored(restored.server, fleet, promised, report)
    await restored.close()
    report.note = `${finished} came to their end`
    await fleet.sender.kill()
    await server.stop()
    return report
  },
}
