import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { type EncodeOptions, openFleetEncoder } from '@rushes/encoder'
import type { EncoderReport } from '@rushes/protocol'
import { CommandError } from '../output.ts'
import { version } from '../version.ts'
import { newDeliveryId } from './delivery-id.ts'

export type FleetCommandOptions = {
  /** What the server's page calls it. */
  name: string
  spool: string
  server: string
  segmentMs: number
  encode: Omit<EncodeOptions, 'spool' | 'onProgress' | 'durationMs'>
  isQuiet: boolean
}

/** `rushes encode --fleet`: waits for orders and for its schedule until it is stopped. */
export async function encodeInFleet(options: FleetCommandOptions): Promise<{ id: string; name: string }> {
  const { name, segmentMs, encode, isQuiet } = options
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
  const telling = setInterval(() => tell(lineOf(encoder.report, encoder.serverError)), 500)
  const stopped = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopped.resolve)
  try {
    await stopped.promise
  } finally {
    clearInterval(telling)
    await encoder.close()
  }
  return { id: encoder.id, name }
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
