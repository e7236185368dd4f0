// The short form of all kills: server, Postgres and sender in turn, under the same recordings.
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyReport, type Fault } from '../fault.ts'
import { openFleet } from '../fleet.ts'
import { judgeCatalog } from '../oracle.ts'
import { killNow } from '../scene.ts'
import { startServer } from '../server-process.ts'

export const killsAtOnce: Fault = {
  name: 'kill -9 of server, Postgres and sender',
  async run(context) {
    const { scene, media, random } = context
    const report = emptyReport()
    const server = await startServer(context)
    const fleet = openFleet({ scene, server, media, width: 0, bytesPerSecond: 350_000 })
    for (let count = 0; count < 3; count++) await fleet.begin()
    const strikes = [
      async () => {
        await server.kill(true)
        await server.start()
      },
      () => fleet.sender.killAndRestart(),
      async () => killNow(server.postgresProcesses()[0]),
    ]
    for (const strike of strikes) {
      await sleep(random.integer(200, 900))
      await strike()
      report.trials++
      report.problems.push(...(await fleet.judgeOpen()))
    }
    await fleet.settle(50_000)
    const verdict = await fleet.judgeStored()
    report.acknowledgedBytes = verdict.acknowledgedBytes
    report.lostBytes = verdict.lostBytes
    report.problems.push(...verdict.problems, ...(await fleet.judgePublished()), ...(await judgeCatalog(server)))
    await fleet.sender.kill()
    await server.stop()
    return report
  },
}
