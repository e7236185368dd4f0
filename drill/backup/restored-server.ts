import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { RecordingView } from '@rushes/protocol'
import { readAcknowledgementLog } from '../acknowledgement-log.ts'
import type { FaultContext, FaultReport } from '../fault.ts'
import type { Fleet } from '../fleet.ts'
import { judgeCatalog, judgePublished, judgeStored } from '../oracle.ts'
import { openServerProcess, type ServerProcess } from '../server-process.ts'
import type { BackupCommands } from './backup-process.ts'

/** What had been promised at an instant: how much of each sender's log there was, and what was published. */
export type Promised = { logs: Map<string, number>; published: Map<string, RecordingView> }

export function promisedBy(fleet: Fleet): Promised {
  const logs = fleet.recordings.map(({ id, folder }): [string, number] => [
    id,
    readAcknowledgementLog(join(folder, 'witness')).length,
  ])
  return { logs: new Map(logs), published: new Map(fleet.published) }
}

export type RestoredServer = { server: ServerProcess; close(): Promise<void> }

/** Restores a backup into a folder of its own and starts a server there. @throws Error when one of both fails */
export async function restoredServer(
  { scene, build }: FaultContext,
  commands: BackupCommands,
  folder: string,
): Promise<RestoredServer> {
  const dataDir = join(scene.folder, 'restored')
  const server = await openServerProcess({ scene, dataDir, ...(build !== undefined && { build }) })
  const { status, answer } = await commands.restore(folder, server)
  if (status !== 0) throw new Error(`the restore failed: ${JSON.stringify(answer)}`)
  await server.start()
  return {
    server,
    async close() {
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** All that was promised before the backup began is in the restored server, and every recording there plays. */
export async function judgeRestored(
  restored: ServerProcess,
  fleet: Fleet,
  { logs, published }: Promised,
  report: FaultReport,
): Promise<void> {
  report.problems.push(...(await judgeCatalog(restored)))
  for (const recording of fleet.recordings) {
    const until = logs.get(recording.id)
    if (until === undefined) continue
    const verdict = await judgeStored(restored.blobsDir, recording, { until })
    report.acknowledgedBytes += verdict.acknowledgedBytes
    report.lostBytes += verdict.lostBytes
    report.problems.push(...verdict.problems)
    const before = published.get(recording.id)
    const found = await restored.client.recording(recording.id)
    if (before !== undefined && found.sha256 !== before.sha256) {
      report.problems.push(`${recording.id}: published with ${before.sha256}, restored with ${found.sha256}`)
    }
    const isWhole = found.state === 'published'
    // Of one that was being received its sender knows more by now; here it ends where it is.
    const view = isWhole ? found : await restored.client.publish(recording.id, true)
    if (view.bytes === 0 || view.durationMs === null) continue
    report.problems.push(...(await judgePublished(view, recording, !isWhole)))
  }
}
