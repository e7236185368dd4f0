// npm run bench -- rest: how soon the server is ready on a data folder that it knows, and what it holds while nothing happens.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { figure, spread, table } from './figures.ts'
import { residentBytes, startServerProcess } from './server-process.ts'

export async function benchRest(_args: readonly string[]): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rushes-bench-data-'))
  const starts: number[] = []
  let memory = 0
  let first = 0
  try {
    for (let start = 0; start < 11; start++) {
      const server = await startServerProcess(dataDir)
      if (start === 0) first = server.readyMs
      else starts.push(server.readyMs)
      if (start === 10) {
        await sleep(3000)
        memory = residentBytes(server.pid)
      }
      await server.stop()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
  const { median, max } = spread(starts)
  return table(
    ['first start ms', 'warm start ms (median of 10)', 'slowest', 'memory at rest MB, Postgres apart'],
    [[figure(first), figure(median), figure(max), figure(memory / 1e6)]],
  )
}
