// Tells the server how this encoder stands, and learns what it is asked to do (DELIVERY.md, Fleet). It waits for nobody and
// nobody waits for it: what is recorded and delivered does not depend on it.
//
//   introducing ── known ──> reporting ── 404 ──> introducing
//        └── no answer, or a refusal ──> waiting, longer each time ──┘
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ApiError,
  apiClient,
  type EncoderInstructions,
  type EncoderReport,
  type IntroduceEncoderRequest,
} from '@rushes/protocol'
import { openBackoff } from '../deliver/backoff.ts'

export type ReporterOptions = {
  server: string
  key: string | undefined
  /** Of the encoder, UUIDv7. */
  id: string
  introduction: IntroduceEncoderRequest
  /** Asked before each report; a failure is told by `lastError`, and the next is tried. */
  report(): EncoderReport | Promise<EncoderReport>
  /** FL3. */
  onInstructions(instructions: EncoderInstructions): void | Promise<void>
  /** Between two reports when nothing happens; default 4. */
  everySeconds?: number
}

export interface Reporter {
  /** Whether the last report was answered. */
  readonly isHeard: boolean
  readonly lastError: string | null
  /** Reports soon, without waiting for its turn. */
  wake(): void
  /** Sends one last report, if the server answers soon. */
  close(): Promise<void>
}

/** Reports no closer together, whatever happens. */
const leastMs = 500
const farewellMs = 2000

export function openReporter(options: ReporterOptions): Reporter {
  const { id, introduction } = options
  const everySeconds = options.everySeconds ?? 4
  const closing = new AbortController()
  const backoff = openBackoff(15_000)
  let asking = new AbortController()
  let isKnown = false
  let isHeard = false
  let lastError: string | null = null

  const call = (signal: AbortSignal, limitMs: number) =>
    apiClient({
      server: options.server,
      ...(options.key !== undefined && { key: options.key }),
      fetch: (input, init) =>
        fetch(input, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) }),
    })

  async function turn(): Promise<void> {
    asking = new AbortController()
    const signal = AbortSignal.any([closing.signal, asking.signal])
    try {
      if (!isKnown) {
        await call(signal, 10_000).introduceEncoder(id, introduction)
        isKnown = true
      }
      const report = await options.report()
      // Until the server was heard it is not waited for: the page shows the encoder as soon as it is there.
      const waitSeconds = isHeard ? everySeconds : 0
      const instructions = await call(signal, waitSeconds * 1000 + 10_000).reportEncoder(id, report, waitSeconds)
      isHeard = true
      lastError = null
      backoff.reset()
      await options.onInstructions(instructions)
    } catch (error) {
      if (signal.aborted) return
      isHeard = false
      if (error instanceof ApiError && error.status === 404) isKnown = false
      lastError = error instanceof Error ? error.message : String(error)
      await sleep(backoff.next(), undefined, { signal }).catch(() => {})
    }
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const startedAt = performance.now()
      await turn()
      const restMs = leastMs - (performance.now() - startedAt)
      if (restMs > 0) await sleep(restMs, undefined, { signal: closing.signal }).catch(() => {})
    }
  }
  const done = run()

  return {
    get isHeard() {
      return isHeard
    },
    get lastError() {
      return lastError
    },
    wake() {
      asking.abort()
    },
    async close() {
      closing.abort()
      await done
      if (!isHeard) return
      await call(new AbortController().signal, farewellMs)
        .reportEncoder(id, await options.report(), 0)
        .catch(() => {})
    },
  }
}
