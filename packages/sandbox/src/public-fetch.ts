import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { Readable } from 'node:stream'
import { AddressRefused, checkLiteral, lookupPublic } from './public-address.ts'

export type PublicFetchOptions = {
  /** Hosts that may be reached wherever they are, as they stand in a URL. */
  trusted?: ReadonlySet<string>
  /** Without anything arriving; default 15 s. */
  quietMs?: number
}

const mostRedirects = 5
const redirects: readonly number[] = [301, 302, 303, 307, 308]
/** Answers that have no body, which `Response` is strict about. */
const empty: readonly number[] = [204, 205, 304]

/**
 * `fetch` for addresses that somebody else wrote: GET, http: and https: alone, and the public internet alone, at each redirect
 * anew. Each connection is made to the very address that was checked, and is its own.
 *
 * @throws AddressRefused; the system's errors
 */
export function publicFetch(options: PublicFetchOptions = {}): typeof fetch {
  return async (input, init = {}) => {
    let url = new URL(input instanceof Request ? input.url : input)
    for (let hop = 0; hop <= mostRedirects; hop++) {
      const answer = await get(url, new Headers(init.headers), options, init.signal ?? null)
      const { statusCode = 0, headers } = answer
      if (!redirects.includes(statusCode) || headers.location === undefined) return responseOf(answer)
      answer.destroy()
      const next = new URL(headers.location, url)
      if (url.protocol === 'https:' && next.protocol !== 'https:') throw new AddressRefused(next.host)
      url = next
    }
    throw new Error(`it was led on more than ${mostRedirects} times`)
  }
}

/** For who is sent to an address instead: whether it may be asked for now. @throws AddressRefused; the system's errors */
export async function checkPublicUrl(url: URL, trusted: ReadonlySet<string> = new Set()): Promise<void> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new AddressRefused(url.protocol)
  if (trusted.has(url.hostname)) return
  checkLiteral(url.hostname)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  await new Promise<void>((resolve, reject) => {
    lookupPublic(host, { all: true }, (error) => (error === null ? resolve() : reject(error)))
  })
}

async function get(
  url: URL,
  headers: Headers,
  { trusted, quietMs = 15_000 }: PublicFetchOptions,
  signal: AbortSignal | null,
): Promise<IncomingMessage> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new AddressRefused(url.protocol)
  const isTrusted = trusted?.has(url.hostname) === true
  if (!isTrusted) checkLiteral(url.hostname)
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    // A connection of its own: one that is kept might belong to an address that was checked for somebody else.
    agent: false,
    timeout: quietMs,
    headers: { ...Object.fromEntries(headers), 'accept-encoding': 'identity', 'user-agent': 'Rushes' },
    ...(signal !== null && { signal }),
    ...(!isTrusted && { lookup: lookupPublic }),
  })
  return await new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', reject)
    request.once('timeout', () => request.destroy(new Error(`nothing arrived for ${quietMs / 1000} s`)))
    request.end()
  })
}

function responseOf(answer: IncomingMessage): Response {
  const { statusCode = 0 } = answer
  // What is no status of an answer to GET is none to `Response` either.
  if (statusCode < 200 || statusCode > 599) {
    answer.destroy()
    throw new Error(`it answered ${statusCode}`)
  }
  const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as [string, string]] : [],
  )
  if (empty.includes(statusCode)) {
    answer.destroy()
    return new Response(null, { status: statusCode, headers })
  }
  return new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array>, { status: statusCode, headers })
}
