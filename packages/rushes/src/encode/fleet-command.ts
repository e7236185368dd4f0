import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { type EncodeOptions, openFleetEncoder } from '@rushes/encoder'
import type { EncoderReport } from '@rushes/protocol'
import { CommandError } from '../output.ts'
import { oneLine } from '../status/quantities.ts'
import { version } from '../version.ts'
import { newDeliveryId } from './delivery-id.ts'
import type { EncodeEnd } from './encode-end.ts'
import { openServiceNotice } from './service-notice.ts'

export type FleetCommandOptions = {
  /** What the server's page calls it. */
  name: string
  spool: string
  server: string
  segmentMs: number
  encode: Omit<EncodeOptions, 'spool' | 'onProgress' | 'durationMs'>
  isQuiet: boolean
  /** Why the command can't be started again; null: it can. */
  checkAgain(): Promise<string | null>
}

/** `rushes encode --fleet`: waits for orders and for its schedule until it is stopped. */
export async function encodeInFleet(options: FleetCommandOptions): Promise<EncodeEnd> {
  const { name, segmentMs, encode, isQuiet, checkAgain } = options
  const notice = openServiceNotice()
  const folder = resolve(options.spool)
  if (existsSync(join(folder, 'spool.sqlite')))
    throw new CommandError('misused', `${folder} is the spool of one event: give a fleet's encoder a folder of its own`)
  let told = ''
  const tell = (line: string): void => {
    if (!isQuiet && line !== told) process.stderr.write(`${line}\n`)
    told = line
  }
  const encoder = await openFleetEncoder({
    ...{ folder, segmentMs, encode, newId: newDeliveryId, server: options.server.replace(/\/+$/, '') },
    introduction: { name, version, host: hostname() },
  })
  tell(`encoder ${encoder.id}, “${name}”`)
  const telling = setInterval(() => {
    const line = lineOf(encoder.report, encoder.serverError)
    tell(line)
    notice.status(oneLine(line))
  }, 500)
  notice.ready()
  let startAgain = false
  const stopped = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopped.resolve)
  process.on('SIGHUP', async () => {
    // A terminal says by it that it is gone.
    if (process.stdin.isTTY || process.stderr.isTTY) return stopped.resolve()
    const problem = await checkAgain()
    startAgain = problem === null
    if (startAgain) stopped.resolve()
    else tell(`not started again, and going on as before: ${problem}`)
  })
  try {
    await stopped.promise
    if (startAgain) await notice.reloading()
    else notice.stopping()
  } finally {
    clearInterval(telling)
    await encoder.close()
  }
  return { result: { id: encoder.id, name }, startAgain }
}

/** Changes with what happens, not with every figure: these lines end up in journals. */
function lineOf({ state, event, nextStart, lastError }: EncoderReport, serverError: string | null): string {
  const what = {
    idle: nextStart === null ? 'waiting to be started' : `waiting for ${nextStart}`,
    recording: `recording “${event?.title}” as ${event?.id}`,
    draining: `delivering the rest of “${event?.title}”`,
    off: 'stopped',
  }[state]
  const problem = lastError ?? serverError
  return problem === null ? what : `${what} (${problem})`
}
