import type { IncomingMessage } from 'node:http'
import type { TrustsProxy } from './trusted-proxy.ts'

/** Origins that trusted proxies told, of requests that are under way. */
const told = new WeakMap<IncomingMessage, string>()

/**
 * Takes a proxy's word for scheme and host of a request, where the operator named that proxy: before anything asks for the
 * origin. Each proxy adds to what came, so the last word is that of the nearest.
 */
export function hearProxy(request: IncomingMessage, trusts: TrustsProxy): void {
  if (!trusts(request.socket.remoteAddress)) return
  const scheme = lastWord(request.headers['x-forwarded-proto'])
  const host = lastWord(request.headers['x-forwarded-host']) ?? request.headers.host
  if ((scheme !== 'https' && scheme !== 'http') || host === undefined || !hostForm.test(host)) return
  told.set(request, new URL(`${scheme}://${host}`).origin)
}

function lastWord(header: string | string[] | undefined): string | undefined {
  return header?.toString().split(',').at(-1)?.trim()
}

/**
 * Scheme and host under which a client reached us, e.g. `https://rushes.example`. Behind a proxy that ends TLS the
 * operator says so with RUSHES_PUBLIC_URL or names the proxy; a forwarded header alone is anybody's claim.
 */
export function requestOrigin(request: IncomingMessage, publicUrl: string | null): string {
  if (publicUrl !== null) return publicUrl
  const forwarded = told.get(request)
  if (forwarded !== undefined) return forwarded
  const host = request.headers.host
  const encrypted = 'encrypted' in request.socket && request.socket.encrypted === true
  return `${encrypted ? 'https' : 'http'}://${host !== undefined && hostForm.test(host) ? host : 'localhost'}`
}

const hostForm = /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i

/**
 * Whether a request that a browser made comes from our own pages: the `Origin` header, where there is one, compared
 * exactly with the one it reached us under or a configured one. Programs send none.
 */
export function originAllowed(request: IncomingMessage, publicUrl: string | null, allowed: readonly string[]): boolean {
  const { origin } = request.headers
  if (origin === undefined) return true
  return origin === requestOrigin(request, publicUrl) || allowed.includes(origin)
}
