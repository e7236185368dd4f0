import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SignedInSession } from '../access/sign-in.ts'

// With TLS the name's prefix keeps the cookie to this host and path (RFC 6265bis §4.1.3.2). A server on plain HTTP, on the
// machine itself or in a home network, can't set such cookies in every browser, and has no wire to protect them on.
const secureName = '__Host-rushes'
const plainName = 'rushes'

export function sessionToken(request: FastifyRequest): string | undefined {
  return request.cookies[secureName] ?? request.cookies[plainName]
}

export function setSessionCookie(reply: FastifyReply, session: SignedInSession, origin: string): void {
  const secure = origin.startsWith('https:')
  reply.setCookie(secure ? secureName : plainName, session.token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure,
    expires: session.expiresAt,
  })
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.clearCookie(secureName, { path: '/', secure: true, httpOnly: true, sameSite: 'lax' })
  reply.clearCookie(plainName, { path: '/', httpOnly: true, sameSite: 'lax' })
}
