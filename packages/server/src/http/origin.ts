import type { IncomingMessage } from 'node:http'

/**
 * Scheme and host under which a client reached us, e.g. `https://rushes.example`. Behind a proxy that ends TLS the
 * operator says so with RUSHES_PUBLIC_URL; a forwarded header alone is anybody's claim.
 */
export function requestOrigin(request: IncomingMessage, publicUrl: string | null): string {
  if (publicUrl !== null) return publicUrl
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
