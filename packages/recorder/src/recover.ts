// Recordings of earlier visits (a closed tab, a crash, a reboot, a server that was away): delivered and published.
import { type ApiClient, apiClient, type RecordingView } from '@rushes/protocol'
import { openDelivery } from './deliver/delivery.ts'
import type { ConnectionState, KeptReason } from './recording-state.ts'
import { SpoolError } from './spool/spool-error.ts'
import { holdSpool, listSpools, type SpoolView } from './spool/spools.ts'

export type RecoveryProgress = {
  spool: SpoolView
  totalBytes: number
  safeBytes: number
  connection: ConnectionState
}

export type Recovered =
  | { spool: SpoolView; outcome: 'published'; recording: RecordingView }
  /** Nothing had been recorded; it was forgotten. */
  | { spool: SpoolView; outcome: 'empty' }
  /** Another tab took it meanwhile. */
  | { spool: SpoolView; outcome: 'busy' }
  /** It stays here. `offline`: the signal was aborted before the server could be reached. */
  | { spool: SpoolView; outcome: 'kept'; reason: KeptReason }
  | { spool: SpoolView; outcome: 'failed'; error: Error }

export type RecoverOptions = {
  server: string
  key?: string
  /** How many at once; 2. */
  concurrency?: number
  onProgress?(progress: RecoveryProgress): void
  /** Ends the attempt: what is not delivered stays. Without it, a server that is away is waited for. */
  signal?: AbortSignal
}

/** Settles when each recording that no tab holds was delivered, or is known to stay. */
export async function recoverRecordings(options: RecoverOptions): Promise<Recovered[]> {
  const waiting = (await listSpools()).filter(({ busy }) => !busy)
  const { server, key } = options
  const api = apiClient({ server, ...(key !== undefined && { key }) })
  const results: Recovered[] = []
  const lanes = Array.from({ length: Math.max(1, options.concurrency ?? 2) }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results.push(await recover(next, api, options))
    }
  })
  await Promise.all(lanes)
  return results
}

async function recover(view: SpoolView, api: ApiClient, options: RecoverOptions): Promise<Recovered> {
  try {
    const held = await holdSpool(view.id)
    const { spool } = held
    if (spool.size === 0) {
      await held.remove()
      return { spool: view, outcome: 'empty' }
    }
    await spool.describe({ state: 'stopped' })
    const report = () =>
      options.onProgress?.({
        spool: view,
        totalBytes: spool.size,
        safeBytes: delivery.safeBytes,
        connection: delivery.connection,
      })
    const delivery = openDelivery({ spool, api, onConnection: () => queueMicrotask(report), onSafe: report })
    const abort = () => delivery.close()
    options.signal?.addEventListener('abort', abort)
    if (options.signal?.aborted) abort()
    delivery.end()
    const outcome = await delivery.done
    options.signal?.removeEventListener('abort', abort)
    if (outcome.outcome === 'published') {
      await held.remove()
      return { spool: view, outcome: 'published', recording: outcome.recording }
    }
    await held.release()
    return { spool: view, outcome: 'kept', reason: outcome.outcome === 'refused' ? outcome.reason : 'offline' }
  } catch (fault) {
    if (fault instanceof SpoolError && (fault.code === 'busy' || fault.code === 'missing')) {
      return { spool: view, outcome: 'busy' }
    }
    return { spool: view, outcome: 'failed', error: fault instanceof Error ? fault : new Error(String(fault)) }
  }
}
