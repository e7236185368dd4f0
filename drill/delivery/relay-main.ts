// The middle's relay: passes TCP connections on, each chunk after a delay with jitter, in order. Argument: RelayJob (JSON).
import { connect, createServer, type Socket } from 'node:net'

export type RelayJob = { port: number; to: { host: string; port: number }; delayMs: number; jitterMs: number }
export type RelayOrder = 'silence' | 'count'
/**
 * `up`: from those who connect; `down`: what they are answered. Of those who connected to `address`, an address of the
 * middle: it is another one for each site.
 */
export type RelayCount = { up: number; down: number }
export type RelayReport = { type: 'listening' } | { type: 'count'; byAddress: Record<string, RelayCount> }

/** What may wait on its way, each direction of each connection. */
const mostOnTheWay = 512 * 1024

const job = JSON.parse(process.argv[2] ?? '{}') as RelayJob
const byAddress: Record<string, RelayCount> = {}
const lines = new Set<{ silent: boolean }>()
const report = (message: RelayReport): void => void process.send?.(message)

function relay(from: Socket, to: Socket, direction: 'up' | 'down', line: { silent: boolean }, count: RelayCount): void {
  type Event = { due: number; chunk: Buffer | null }
  const waiting: Event[] = []
  let held = 0
  let timer: NodeJS.Timeout | undefined

  function pass(): void {
    timer = undefined
    while (waiting.length > 0 && !line.silent && !to.destroyed) {
      const wait = waiting[0]!.due - performance.now()
      if (wait > 0.5) {
        timer = setTimeout(pass, wait)
        return
      }
      const { chunk } = waiting.shift()!
      if (chunk === null) {
        to.end()
        continue
      }
      held -= chunk.length
      if (held < mostOnTheWay) from.resume()
      if (!to.write(chunk) && waiting.length > 0) {
        to.once('drain', pass)
        return
      }
    }
  }

  function queue(chunk: Buffer | null): void {
    const due = performance.now() + job.delayMs + Math.random() * job.jitterMs
    waiting.push({ due: Math.max(due, waiting.at(-1)?.due ?? 0), chunk })
    if (waiting.length === 1 && timer === undefined) timer = setTimeout(pass, Math.max(due - performance.now(), 0))
  }

  from.on('data', (chunk: Buffer) => {
    count[direction] += chunk.length
    held += chunk.length
    queue(chunk)
    // What a slow receiver does not take yet is on its way, too.
    if (held + to.writableLength >= mostOnTheWay) from.pause()
  })
  to.on('drain', () => {
    if (!line.silent && held < mostOnTheWay) from.resume()
  })
  from.on('end', () => queue(null))
  from.on('error', () => {})
  from.on('close', (hadError) => {
    if (hadError && !line.silent) to.destroy()
  })
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  const line = { silent: false }
  lines.add(line)
  const far = connect({ ...job.to, allowHalfOpen: true, noDelay: true })
  const address = near.localAddress ?? ''
  const count = byAddress[address] ?? { up: 0, down: 0 }
  byAddress[address] = count
  near.on('close', () => lines.delete(line))
  relay(near, far, 'up', line, count)
  relay(far, near, 'down', line, count)
})
server.listen(job.port, '0.0.0.0', () => report({ type: 'listening' }))
process.on('message', (order: RelayOrder) => {
  if (order === 'count') report({ type: 'count', byAddress })
  else for (const line of lines) line.silent = true
})
process.on('disconnect', () => process.exit(0))
