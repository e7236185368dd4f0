// kill -9 at random instants while several recordings are sent: of the server, of its Postgres, of the sender.
// It says nothing about fsync, since the page cache outlives a process; power-cut.ts does.
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyReport, type Fault, type FaultContext, type FaultReport } from '../fault.ts'
import { type Fleet, openFleet } from '../fleet.ts'
import { judgeCatalog } from '../oracle.ts'
import { killNow } from '../scene.ts'
import { type ServerProcess, startServer } from '../server-process.ts'

type Strike = (server: ServerProcess, fleet: Fleet) => Promise<void>

async function underKills(context: FaultContext, trials: number, strike: Strike): Promise<FaultReport> {
  const { scene, media, say } = context
  const report = emptyReport()
  const server = await startServer(context)
  const fleet = openFleet({ scene, server, media, width: 4, bytesPerSecond: 200_000 })
  await fleet.start()
  for (; report.trials < trials; report.trials++) {
    await strike(server, fleet)
    report.problems.push(...(await fleet.judgeOpen()))
    if (report.problems.length > 0) break
    if (report.trials % 25 === 24) say(`${report.trials + 1} of ${trials}, ${fleet.published.size} published`)
  }
  await fleet.settle(90_000)
  const verdict = await fleet.judgeStored()
  report.acknowledgedBytes = verdict.acknowledgedBytes
  report.lostBytes = verdict.lostBytes
  report.problems.push(...verdict.problems, ...(await fleet.judgePublished()), ...(await judgeCatalog(server)))
  report.note = `${fleet.published.size} recordings published and decoded`
  await fleet.sender.kill()
  await server.stop()
  return report
}

export const killServer: Fault = {
  name: 'kill -9 of the server',
  run: (context) => {
    const { random } = context
    return underKills(context, context.scale === 'full' ? 300 : 2, async (server) => {
      await sleep(random.integer(20, 900))
      await server.kill(random.chance(0.5))
      // Sometimes again before it is ready: a recovery that is cut off has to be repeatable.
      while (random.chance(0.15)) {
        server.launch()
        await sleep(random.integer(50, 1200))
        await server.kill(random.chance(0.5))
      }
      await server.start()
    })
  },
}

export const killSender: Fault = {
  name: 'kill -9 of the sender',
  run: (context) => {
    const { random } = context
    return underKills(context, context.scale === 'full' ? 100 : 2, async (_server, fleet) => {
      await sleep(random.integer(100, 1200))
      await fleet.sender.killAndRestart()
    })
  },
}

export const killPostgres: Fault = {
  name: 'kill -9 of Postgres',
  run: (context) => {
    const { random } = context
    return underKills(context, context.scale === 'full' ? 40 : 1, async (server) => {
      await sleep(random.integer(100, 1500))
      const [postmaster, ...others] = server.postgresProcesses()
      // The postmaster, or a backend, at whose death the postmaster restarts all of them.
      killNow(random.chance(0.5) || others.length === 0 ? postmaster : random.pick(others))
    })
  },
}
