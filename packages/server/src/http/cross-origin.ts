import type { FastifyReply, FastifyRequest } from 'fastify'

/** What pages of other sites may do here (Fetch, §3.2), as the operator listed them; all others get no such header. */
const answers = {
  'access-control-allow-methods': 'GET, HEAD, POST, PATCH, PUT, DELETE',
  'access-control-allow-headers': 'authorization, content-type',
  // Browsers keep it two hours at most.
  'access-control-max-age': '7200',
}
const exposed = 'content-length, content-range, etag'

/**
 * Lets pages of the listed origins read the API's answers. Without credentials: they are known by a key, never by the
 * cookie of whoever happens to be signed in here. True where the request was a question about that, and is answered.
 */
export function answerCrossOrigin(request: FastifyRequest, reply: FastifyReply, allowed: readonly string[]): boolean {
  if (allowed.length === 0 || !request.url.startsWith('/api/')) return false
  reply.header('vary', 'Origin')
  const { origin } = request.headers
  if (origin === undefined || !allowed.includes(origin)) return false
  reply.header('access-control-allow-origin', origin)
  const isQuestion = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
  if (!isQuestion) {
    reply.header('access-control-expose-headers', exposed)
    return false
  }
  reply.headers(answers).code(204).send()
  return true
}
