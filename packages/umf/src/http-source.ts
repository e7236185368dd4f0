// O5: the last 64 KiB are asked for first; most archives are open after that.
import { checkRange, type Source } from './source.ts'
import { HttpSourceError, UmfError } from './umf-error.ts'

const TAIL_BYTES = 64 * 1024

export type HttpSourceOptions = {
  fetch?: typeof fetch
  headers?: Record<string, string>
  signal?: AbortSignal
}

/**
 * A file on any server that answers ranges (RFC 9110 §14). One request is made here, one for each `read` of what the tail
 * does not hold. The file may not change meanwhile: its ETag is asked for again each time.
 *
 * @throws HttpSourceError no answer, no ranges, another file meanwhile. @throws UmfError `source`: it breaks off, or lies
 */
export async function httpSource(url: string | URL, options: HttpSourceOptions = {}): Promise<Source> {
  const ask = options.fetch ?? fetch
  let etag: string | null = null

  async function range(
    header: string,
    most: number,
    cache?: RequestCache,
  ): Promise<{ bytes: Uint8Array; start: number; size: number }> {
    try {
      return await asked(header, most, cache)
    } catch (cause) {
      // The platform's own errors, of connections that are cut.
      if (cause instanceof UmfError) throw cause
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new HttpSourceError('no-answer', `no answer from the server: ${message}`)
    }
  }

  async function asked(
    header: string,
    most: number,
    cache?: RequestCache,
  ): Promise<{ bytes: Uint8Array; start: number; size: number }> {
    const headers: Record<string, string> = { ...options.headers, Range: header }
    // A weak ETag can't be compared for ranges (RFC 9110 §13.1.5).
    if (etag !== null && !etag.startsWith('W/')) headers['If-Match'] = etag
    const answer = await ask(url, {
      headers,
      ...(options.signal && { signal: options.signal }),
      ...(cache !== undefined && { cache }),
    })
    const told = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(answer.headers.get('content-range') ?? '')
    if (answer.status !== 206 || told === null) {
      await answer.body?.cancel()
      const { status } = answer
      if (status === 412) throw new HttpSourceError('changed', 'the file on the server was changed meanwhile')
      if (status === 200)
        throw new HttpSourceError('no-ranges', 'the server gives the whole file only: it must answer range requests')
      if (status === 206)
        throw new HttpSourceError('no-ranges', 'the server does not tell which range it gives (Content-Range)')
      throw new HttpSourceError('status', `the server answered ${status}`, status)
    }
    const [start, last, size] = [Number(told[1]), Number(told[2]), Number(told[3])]
    const length = last - start + 1
    if (length < 1 || length > most || last >= size || !Number.isSafeInteger(size)) {
      await answer.body?.cancel()
      throw new UmfError('source', 'the server answered with another range')
    }
    const tag = answer.headers.get('etag')
    // Not every server heeds If-Match.
    if (etag !== null && tag !== null && tag !== etag) {
      await answer.body?.cancel()
      throw new HttpSourceError('changed', 'the file on the server was changed meanwhile')
    }
    etag ??= tag
    return { bytes: await bounded(answer, length), start, size }
  }

  // Chromium asks for the end of the file as it has it in its cache: in one that has grown, that is somewhere in the middle.
  const tail = await range(`bytes=-${TAIL_BYTES}`, TAIL_BYTES, 'no-store')
  const { size } = tail
  if (tail.start + tail.bytes.length !== size) throw new UmfError('source', 'the server answered with another range')
  return {
    size,
    async read(offset, length) {
      checkRange(offset, length, size)
      if (length === 0) return new Uint8Array(0)
      if (offset >= tail.start) return tail.bytes.subarray(offset - tail.start, offset - tail.start + length)
      const got = await range(`bytes=${offset}-${offset + length - 1}`, length)
      if (got.size !== size) throw new HttpSourceError('changed', 'the file on the server was changed meanwhile')
      if (got.start !== offset || got.bytes.length !== length) {
        throw new UmfError('source', 'the server answered with another range')
      }
      return got.bytes
    },
  }
}

/** A body of exactly `length` bytes; one that goes on is let go. */
async function bounded(answer: Response, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let at = 0
  if (answer.body === null) throw new UmfError('source', 'the server answered without a body')
  const reader = answer.body.getReader()
  for (;;) {
    const { done, value } = await reader.read().catch((cause: Error) => {
      throw new HttpSourceError('no-answer', `the server's answer broke off: ${cause.message}`)
    })
    if (done) break
    if (at + value.length > length) {
      await reader.cancel()
      throw new UmfError('source', 'the server sends more than was asked for')
    }
    bytes.set(value, at)
    at += value.length
  }
  if (at !== length) throw new UmfError('source', `the server sent ${at} of ${length} bytes`)
  return bytes
}
