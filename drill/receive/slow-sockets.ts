// Slow-loris: thousands of sockets that ask slowly or nothing at all, beside one sender whose acknowledgements are timed. They
// may take twice their usual time at most, the sockets end by the server's own limits, and memory stays.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { closeCodes, ingestSubprotocol } from '@rushes/protocol'
import { emptyReport, type Fault, type FaultContext } from '../fault.ts'
import { createPatiently } from '../fleet.ts'
import { repositoryRoot, type ServerProcess, startServer } from '../server-process.ts'
import { chunkMessage, openWireSender, type WireSender } from '../wire-sender.ts'
import type { CrowdJob, CrowdKind, CrowdReport } from './slow-crowd.ts'

/**
 * `floors`: what is faster than this counts as this. Below it nobody can tell the difference, while a busy disk or core alone
 * makes three milliseconds of one; the short form shares its machine with other tests. `rounds`: a disk that was slow for a moment
 * while the crowd was there says nothing of the crowd, so it has to be so each time.
 */
const scales = {
  full: {
    ...{ sockets: 2000, samples: 400, dribbleMs: 4000, floors: { median: 5, p99: 30 }, rounds: 3 },
    // The server's own limits, as they are outside of drills.
    limits: { headMs: 10_000, requestMs: 60_000, helloMs: 10_000 },
  },
  short: {
    ...{ sockets: 300, samples: 100, dribbleMs: 500, floors: { median: 10, p99: 100 }, rounds: 5 },
    limits: { headMs: 2000, requestMs: 3000, helloMs: 2000 },
  },
} as const

const chunkBytes = 8 * 1024
/** Between chunks, as a recorder has: what is measured is the answer, not how fast a disk syncs without a break. */
const pauseMs = 10
/** Beyond a limit, until the server looks and the socket is gone. */
const slackMs = 8_000
/** The server leaves a quarter of its files to what is no socket; the rest are those that come while others go. */
const filesPerSocket = 2
const mebibyte = 1024 * 1024
/** What the heap of a server varies by, and a socket with what it has said. */
const memoryMargin = 128 * mebibyte
const memoryPerSocket = 48 * 1024

type Times = { median: number; p99: number }

export const slowSockets: Fault = {
  name: 'slow sockets',
  whyNot() {
    const files = openFiles()
    const needed = scales.short.sockets * filesPerSocket
    return files >= needed ? null : `${files} files may be open (ulimit -n), ${needed} are needed`
  },
  async run(context) {
    const { scale, say } = context
    const { sockets, samples, floors, rounds, limits } = scales[scale]
    const report = emptyReport()
    const files = openFiles()
    if (files < sockets * filesPerSocket) throw new Error(`${files} files may be open (ulimit -n): too few`)
    const server = await startServer(context, { limits })
    const sender = await openTimedSender(server)
    await sender.times(30) // what is slow the first time
    const idle = residentBytes(server)
    let peak = idle
    const watching = setInterval(() => {
      peak = Math.max(peak, residentBytes(server))
    }, 200)

    let verdict = ''
    for (let round = 0; round < rounds; round++) {
      const before = await sender.times(samples)
      const crowd = await openCrowd(context, server)
      await crowd.full()
      const beside = await sender.times(samples)
      report.trials += sockets
      const held = (await crowd.ask()).open
      if (held < sockets * 0.8) report.problems.push(`${held} of ${sockets} sockets were open beside the sender`)
      report.problems.push(...(await crowd.end(limits)))
      const after = await sender.times(samples)
      const usual = (part: keyof Times) => Math.max(before[part], after[part], floors[part])
      const isHeld = (['median', 'p99'] as const).every((part) => beside[part] <= 2 * usual(part))
      verdict = `alone ${shown(before)} and ${shown(after)}, beside ${held} sockets ${shown(beside)}`
      say(verdict)
      if (isHeld) break
      if (round === rounds - 1) report.problems.push(`acknowledgements took more than twice their time: ${verdict}`)
    }
    clearInterval(watching)
    const grown = peak - idle
    if (grown > memoryMargin + sockets * memoryPerSocket)
      report.problems.push(`the server grew by ${inMebibytes(grown)}`)
    report.acknowledgedBytes = await sender.end()
    report.note = `${verdict}; ${inMebibytes(grown)} more memory`
    await server.stop()
    return report
  },
}

const shown = ({ median, p99 }: Times) => `${median.toFixed(1)}/${p99.toFixed(1)} ms`
const inMebibytes = (bytes: number) => `${Math.round(bytes / mebibyte)} MiB`

function openFiles(): number {
  // The drill's processes inherit it, and Node raises what it may use to it.
  const hard = /^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
  return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard)
}

function residentBytes(server: ServerProcess): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.pid}/status`, 'latin1'))?.[1]
  return Number(kibibytes) * 1024
}

/** A sender that has one chunk under way at a time. */
async function openTimedSender(server: ServerProcess): Promise<{
  times(samples: number): Promise<Times>
  /** The bytes that were acknowledged. */
  end(): Promise<number>
}> {
  const { token, ingestUrl } = await createPatiently(server)
  const wire: WireSender = await openWireSender(ingestUrl)
  const { epoch } = await wire.hello(token)
  const payload = Buffer.alloc(chunkBytes, 7)
  let offset = 0
  let chain = 0
  return {
    async times(samples) {
      const taken: number[] = []
      for (let count = 0; count < samples; count++) {
        chain = crc32(payload, chain)
        const message = chunkMessage(epoch, offset, chain, payload)
        offset += payload.length
        const sentAt = performance.now()
        wire.send(message)
        await wire.acknowledged(offset)
        taken.push(performance.now() - sentAt)
        await sleep(pauseMs)
      }
      taken.sort((a, b) => a - b)
      const at = (part: number) => taken[Math.min(taken.length - 1, Math.floor(taken.length * part))]!
      return { median: at(0.5), p99: at(0.99) }
    },
    async end() {
      wire.send(JSON.stringify({ type: 'end', epoch, size: offset, crc: chain }))
      const code = await wire.closed()
      if (code !== closeCodes.normal.code) throw new Error(`the sender was closed with ${code}`)
      return offset
    },
  }
}

type Limits = { headMs: number; requestMs: number; helloMs: number }

async function openCrowd(
  { scene, scale }: FaultContext,
  server: ServerProcess,
): Promise<{
  ask(): Promise<CrowdReport>
  /** Waits until it is as large as it is to be. */
  full(): Promise<void>
  /** Opens no more, and waits for the server to close the rest; answers what was wrong. */
  end(limits: Limits): Promise<string[]>
}> {
  const { sockets, dribbleMs } = scales[scale]
  const { id } = await createPatiently(server)
  const child = fork(join(repositoryRoot, 'drill', 'receive', 'slow-crowd.ts'), [], { cwd: scene.folder })
  scene.onEnd(() => child.kill('SIGKILL'))
  const { hostname, port } = new URL(server.url)
  const ingestPath = `/api/v1/recordings/${id}/ingest`
  const crowd: CrowdJob = {
    ...{ hostname, port: Number(port), count: sockets, dribbleMs, ingestPath },
    subprotocol: ingestSubprotocol,
  }
  async function say(message: CrowdJob | 'stop' | 'ask'): Promise<CrowdReport> {
    child.send(message)
    const [report] = (await once(child, 'message')) as [CrowdReport]
    return report
  }
  await say(crowd)
  return {
    ask: () => say('ask'),
    async full() {
      for (let waited = 0; (await say('ask')).open < sockets * 0.95 && waited < 300; waited++) await sleep(100)
    },
    async end(limits) {
      const problems: string[] = []
      let left = await say('stop')
      const until = performance.now() + limits.requestMs + slackMs
      while (left.open > 0 && performance.now() < until) {
        await sleep(100)
        left = await say('ask')
      }
      if (left.open > 0) problems.push(`${left.open} slow sockets were not closed by the server`)
      const ofKind = (kind: CrowdKind) =>
        kind === 'body' ? limits.requestMs : kind === 'silent' || kind === 'head' ? limits.headMs : limits.helloMs
      for (const [kind, { count, longestMs }] of Object.entries(left.closed) as [
        CrowdKind,
        CrowdReport['closed']['head'],
      ][]) {
        if (count === 0) problems.push(`no socket of kind ${kind} was closed`)
        if (longestMs > ofKind(kind) + slackMs) problems.push(`${kind}: one lasted ${Math.round(longestMs)} ms`)
      }
      if (left.refused > sockets / 10) problems.push(`${left.refused} sockets could not be opened`)
      child.kill('SIGKILL')
      return problems
    },
  }
}
