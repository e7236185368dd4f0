// The disk of the backup is full: it says so, and goes on when there is room.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyReport, type Fault } from '../fault.ts'
import { openFleet } from '../fleet.ts'
import { diskPrograms, emptyDisk, fillDisk, makeExt4 } from '../loop-disk.ts'
import { startServer } from '../server-process.ts'
import { backupCommands } from './backup-process.ts'
import { judgeRestored, promisedBy, restoredServer } from './restored-server.ts'

export const fullTarget: Fault = {
  name: "full disk of the backup's",
  needsRoot: true,
  programs: diskPrograms,
  async run(context) {
    const { scene, media, random } = context
    const report = emptyReport()
    const commands = backupCommands(context)
    const disk = makeExt4(scene, scene.folder, 200)
    const folder = join(disk.path, 'backup')
    const server = await startServer(context)
    const fleet = openFleet({ scene, server, media, width: 4, bytesPerSecond: 300_000 })
    await fleet.start()
    for (; report.trials < 3; report.trials++) {
      await sleep(random.integer(1000, 2000))
      fillDisk(disk.path, random.integer(0, 3) * 1024 * 1024)
      const { answer } = await commands.backup(server, folder)
      if (answer.error?.code !== 'disk-full') report.problems.push(`on a full disk it said ${JSON.stringify(answer)}`)
      emptyDisk(disk.path)
      const promised = promisedBy(fleet)
      const again = await commands.backup(server, folder)
      if (again.status !== 0) report.problems.push(`with room again it said ${JSON.stringify(again.answer)}`)
      const restored = await restoredServer(context, commands, folder)
      await judgeRestored(restored.server, fleet, promised, report)
      await restored.close()
      if (report.problems.length > 0) break
    }
    await fleet.sender.kill()
    await server.stop()
    return report
  },
}
