import { type DeliveryManifest, deliveryManifest, type ListedFile } from '@rushes/protocol'
import { Agent, fetch, type RequestInit, type Response } from 'undici'
import type { DeliveryAddress } from './delivery-address.ts'

/** Why a request brought nothing; all but `unknown` and `forbidden` pass by themselves. */
export type FailureKind =
  | 'unreachable' // no answer, or one that broke off or stood still
  | 'unavailable' // 5xx, 429, or something that is no answer of this protocol
  | 'altered' // a file that came whole, and is not the one that is listed
  | 'unknown' // 404
  | 'forbidden' // 401, 403

export class RequestFailure extends Error {
  readonly kind: FailureKind
  /** By `Retry-After` (RFC 9110 §10.2.3). */
  readonly retryAfterMs: number

  constructor(kind: FailureKind, message: string, retryAfterMs = 0) {
    super(message)
    this.name = 'RequestFailure'
    this.kind = kind
    this.retryAfterMs = retryAfterMs
  }
}

/** The two requests of DELIVERY.md that playing needs. Every failure is a {@link RequestFailure}. */
export interface DeliveryClient {
  /** M4: entries from number `from` on, waiting up to `waitS` seconds for some. */
  manifest(from: number, waitS: number, signal: AbortSignal): Promise<DeliveryManifest>
  /**
   * F5: the file's bytes from `offset` on, as they come. `begins` is told where they begin, which is 0 from a server
   * that knows no ranges.
   */
  file(
    file: ListedFile,
    offset: number,
    signal: AbortSignal,
    begins: (offset: number) => Promise<void>,
  ): AsyncIterable<Uint8Array>
}

export type DeliveryClientOptions = DeliveryAddress & {
  key?: string | undefined
  /** A connection that brings nothing for so long is given up. */
  stallMs?: number | undefined
}

/**
 * A connection that does not stand by then is tried anew: TCP itself asks after 1, 3 and 7 s, and after a long outage the
 * seconds until it asks again are missing in the buffer.
 */
const connectMs = 4000
/** Between two attempts, whatever is asked for: as with connections, a longer one would be missing in the buffer. */
export const longestRetryMs = 3000

// M4: 5,000 entries at most, each under 1 KiB.
const maxManifestBytes = 8 * 1024 * 1024
const maxManifestEntries = 5000

export function deliveryClient({ server, id, key, stallMs = 10_000 }: DeliveryClientOptions): DeliveryClient {
  const dispatcher = new Agent({ connect: { timeout: connectMs } })
  const base = `${server}/api/v1/deliveries/${id}`
  const headers = {
    // Sizes and ranges are those of the file itself.
    'accept-encoding': 'identity',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  }

  /** Yields the body of an answer; `answered` sees its head first and throws what it refuses. */
  async function* ask(
    path: string,
    extra: Record<string, string>,
    signal: AbortSignal,
    patienceMs: number,
    answered: (response: Response) => void | Promise<void>,
  ): AsyncIterable<Uint8Array> {
    const ending = new AbortController()
    // AbortSignal.any would leave something of each request with a signal that lives as long as the playing.
    const end = (): void => ending.abort(signal.reason)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    const within = async <Result>(ms: number, work: () => Promise<Result>): Promise<Result> => {
      const timer = setTimeout(() => ending.abort(new Error(`nothing came for ${ms / 1000} s`)), ms)
      try {
        return await work()
      } catch (cause) {
        const reason = reasonOf(ending.signal.aborted ? ending.signal.reason : cause)
        throw new RequestFailure('unreachable', `no answer from ${server}: ${reason}`)
      } finally {
        clearTimeout(timer)
      }
    }
    // A redirection could carry the key elsewhere.
    const init: RequestInit = {
      headers: { ...headers, ...extra },
      signal: ending.signal,
      redirect: 'error',
      dispatcher,
    }
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
    try {
      const response = await within(patienceMs, () => fetch(base + path, init))
      reader = response.body?.getReader()
      refuseFailures(response)
      await answered(response)
      for (;;) {
        const piece = await within(stallMs, async () => await reader?.read())
        if (piece === undefined || piece.done) return
        yield piece.value
      }
    } finally {
      signal.removeEventListener('abort', end)
      await reader?.cancel().catch(() => {})
    }
  }

  return {
    async manifest(from, waitS, signal) {
      const pieces: Uint8Array[] = []
      let size = 0
      const path = `/manifest?from=${from}&wait=${waitS}`
      for await (const bytes of ask(path, {}, signal, waitS * 1000 + stallMs, () => {})) {
        size += bytes.length
        if (size > maxManifestBytes) throw new RequestFailure('unavailable', 'the manifest came with too many bytes')
        pieces.push(bytes)
      }
      return parseManifest(Buffer.concat(pieces).toString('utf8'), from)
    },
    async *file(file, offset, signal, begins) {
      const range: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {}
      let at = 0
      const bodies = ask(`/${file.name}`, range, signal, stallMs, async (response) => {
        at = beginOf(response, offset, file.size)
        await begins(at)
      })
      for await (const bytes of bodies) {
        at += bytes.length
        if (at > file.size)
          throw new RequestFailure('unavailable', `${file.name} came with more than its ${file.size} bytes`)
        yield bytes
      }
      if (at < file.size)
        throw new RequestFailure('unreachable', `${file.name} broke off at ${at} of ${file.size} bytes`)
    },
  }
}

function refuseFailures(response: Response): void {
  const { status } = response
  if (status === 200 || status === 206) return
  if (status === 404) throw new RequestFailure('unknown', 'the server has it not')
  if (status === 401 || status === 403) throw new RequestFailure('forbidden', `the server answered ${status}`)
  const seconds = Number(response.headers.get('retry-after') ?? 0)
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0
  throw new RequestFailure('unavailable', `the server answered ${status}`, retryAfterMs)
}

/** RFC 9110 §14.4, §15.3.7: where the bytes of this answer begin. */
function beginOf(response: Response, offset: number, size: number): number {
  if (response.status === 200) return 0
  const match = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15})$/.exec(response.headers.get('content-range') ?? '')
  if (match !== null && Number(match[1]) === offset && Number(match[2]) === size) return offset
  throw new RequestFailure('unavailable', 'the server answered another range than the one asked for')
}

function parseManifest(text: string, from: number): DeliveryManifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new RequestFailure('unavailable', 'the manifest came as something else than JSON')
  }
  const result = deliveryManifest.safeParse(value)
  if (!result.success || result.data.from !== from || result.data.entries.length > maxManifestEntries) {
    throw new RequestFailure('unavailable', 'the manifest is not what DELIVERY.md says')
  }
  return result.data
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause instanceof Error ? cause.cause.message : cause.message
}
