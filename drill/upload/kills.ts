// kill -9 of either side while a file is uploaded whose `moov` comes last, at random places of it, again and again: what is
// published is the file, and each time at most one chunk went by twice.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordingView } from '@rushes/protocol'
import { emptyReport, type Fault, type FaultContext, type FaultReport } from '../fault.ts'
import { videoFrames } from '../input-media.ts'
import { judgeCatalog } from '../oracle.ts'
import { killNow } from '../scene.ts'
import { repositoryRoot, type ServerProcess, serverKey, startServer } from '../server-process.ts'
import { type MoovLastFile, makeMoovLastFile } from './moov-last-file.ts'
import { openUploadRelay, type UploadRelay } from './upload-relay.ts'

/** The longest chunk that `rushes upload` sends. */
const mostChunkBytes = 32 * 2 ** 20
const patienceMs = 120_000

type Sender = { child: ChildProcess; ended: Promise<number | null>; said: () => string }

function startSender({ scene, build }: FaultContext, path: string, url: string): Sender {
  const main = join(build ?? repositoryRoot, 'packages/rushes/src/main.ts')
  const child = spawn(process.execPath, [main, 'upload', path, '--json'], {
    cwd: scene.folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      RUSHES_SERVER: url,
      RUSHES_KEY: serverKey,
      NODE_COMPILE_CACHE: join(scene.folder, 'compile-cache'),
    },
  })
  let said = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  scene.onEnd(() => killNow(child.pid))
  return { child, ended: once(child, 'close').then(([code]) => code as number | null), said: () => said }
}

type Strike = 'sender' | 'server'

async function uploadUnderKills(context: FaultContext, kills: number, megabytes: number): Promise<FaultReport> {
  const { random, say } = context
  const report = emptyReport()
  const file = await makeMoovLastFile(context, megabytes)
  const server = await startServer(context)
  const relay = await openUploadRelay(context.scene, server.url)
  const places = Array.from({ length: kills }, (_, index) => ({
    strike: (index % 2 === 0 ? 'sender' : 'server') as Strike,
    bytes: random.integer(0, file.size - 1),
    lateMs: random.integer(0, 150),
  }))
  // So many in each upload as go into it: their places rise.
  const perUpload = 10
  for (let at = 0; at < places.length && report.problems.length === 0; at += perUpload) {
    const some = places.slice(at, at + perUpload).sort((one, other) => one.bytes - other.bytes)
    relay.reset()
    let sender = startSender(context, file.path, relay.url)
    for (const { strike, bytes, lateMs } of some) {
      await within(relay.reached(bytes), `byte ${bytes} of ${file.size}`)
      await sleep(lateMs)
      if (strike === 'sender') {
        killNow(sender.child.pid)
        await sender.ended
        sender = startSender(context, file.path, relay.url)
      } else {
        await server.kill(random.chance(0.5))
        await server.start()
      }
      report.trials++
    }
    const code = await within(sender.ended, 'the end of the upload')
    report.problems.push(...judgeWitness(relay, file), ...(await judge(server, file, code, sender.said())))
    report.acknowledgedBytes += file.size
    say(`${report.trials} of ${kills} kills`)
    // The same file again would be found to be there already.
    if (at + perUpload < places.length) await remove(server, sender.said())
  }
  report.problems.push(...(await judgeCatalog(server)))
  await server.stop()
  return report
}

async function within<Value>(work: Promise<Value>, what: string): Promise<Value> {
  const limit = new AbortController()
  const late = sleep(patienceMs, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`${what} did not come within ${patienceMs} ms`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    limit.abort()
    late.catch(() => {})
  }
}

function judgeWitness(relay: UploadRelay, file: MoovLastFile): string[] {
  const problems = relay.sentAgain
    .filter((bytes) => bytes > mostChunkBytes)
    .map((bytes) => `${bytes} bytes went by twice, more than one chunk`)
  if (relay.sent !== file.size) problems.push(`${relay.sent} of ${file.size} bytes went by`)
  return problems
}

async function judge(server: ServerProcess, file: MoovLastFile, code: number | null, said: string): Promise<string[]> {
  const view = JSON.parse(said || '{}') as Partial<RecordingView> & { error?: { message: string } }
  if (code !== 0 || view.id === undefined) return [`the upload ended with ${code}: ${view.error?.message ?? said}`]
  const problems: string[] = []
  if (view.sha256 !== file.sha256) problems.push(`${view.id}: published with another digest than was sent`)
  const original = await fetch(`${server.url}/api/v1/recordings/${view.id}/original`, {
    headers: { authorization: `Bearer ${serverKey}` },
  })
  const hash = createHash('sha256')
  for await (const part of original.body!) hash.update(part)
  if (hash.digest('hex') !== file.sha256) problems.push(`${view.id}: another file`)
  const frames = await videoFrames(`${server.url}/api/v1/recordings/${view.id}/file.mp4`, serverKey)
  if (frames.join() !== file.frames.join()) problems.push(`${view.id}: decodes to other pictures`)
  return problems
}

async function remove(server: ServerProcess, said: string): Promise<void> {
  const { id } = JSON.parse(said || '{}') as Partial<RecordingView>
  const headers = { authorization: `Bearer ${serverKey}` }
  const answer = await fetch(`${server.url}/api/v1/recordings/${id}`, { method: 'DELETE', headers })
  if (!answer.ok) throw new Error(`what was uploaded could not be deleted: ${answer.status} ${await answer.text()}`)
}

export const killEither: Fault = {
  name: 'kill -9 of either side during an upload',
  run: (context) => (context.scale === 'full' ? uploadUnderKills(context, 50, 2000) : uploadUnderKills(context, 3, 32)),
}
