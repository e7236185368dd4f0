import { setTimeout as sleep } from 'node:timers/promises'
import { retryDelayMs } from '@rushes/protocol'
import { DecoderError } from './decoder-error.ts'
import { type DeliveryClient, longestRetryMs, RequestFailure } from './delivery-client.ts'
import type { ManifestLog } from './manifest-log.ts'

export type FollowOptions = {
  client: DeliveryClient
  log: ManifestLog
  signal: AbortSignal
  random: () => number
  /** Something is new: entries, or how the server answers (null: it does). */
  onChange: (trouble: string | null) => void
}

/** DELIVERY.md, M4: an answer is held back so long when there is nothing new. */
const waitSeconds = 25

/**
 * Follows the manifest to its end; resolves there, or when stopped. Trouble is waited out for ever.
 *
 * @throws DecoderError `no-such-delivery`, `refused`, `bad-manifest`
 */
export async function followManifest({ client, log, signal, random, onChange }: FollowOptions): Promise<void> {
  const { manifest } = log
  let failures = 0
  while (!manifest.ended && !signal.aborted) {
    try {
      const from = manifest.next
      const { entries } = await client.manifest(from, waitSeconds, signal)
      await log.append(entries)
      failures = 0
      onChange(null)
      // A server that does not wait is not to be asked without a pause.
      if (entries.length === 0) await pause(retryDelayMs(0, { mostMs: longestRetryMs, random }), signal)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof RequestFailure)) throw error
      // A delivery that was there before comes back with its server; one never seen may be misspelt.
      if (manifest.next === 0) refuseForGood(error)
      failures++
      onChange(error.message)
      await pause(
        Math.max(retryDelayMs(failures - 1, { mostMs: longestRetryMs, random }), Math.min(error.retryAfterMs, 5000)),
        signal,
      )
    }
  }
}

function refuseForGood({ kind, message }: RequestFailure): void {
  if (kind === 'unknown') throw new DecoderError('no-such-delivery', 'the server knows no delivery with this ID')
  if (kind === 'forbidden') throw new DecoderError('refused', `${message}: give a key that may read this delivery`)
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}
