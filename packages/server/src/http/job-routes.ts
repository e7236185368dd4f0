import { Readable } from 'node:stream'
import { type JobChange, jobList, jobView as jobViewSchema } from '@rushes/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { parseJobId } from '../catalog/identifiers.ts'
import type { JobRow } from '../catalog/schema.ts'
import { jobView } from '../process/job-view.ts'
import type { App, Front } from './front.ts'
import { notFound } from './http-error.ts'

const idParams = z.object({ id: z.string() })
const tags = ['jobs']
/** Proxies close what is silent for long. */
const heartbeatMs = 15_000

/** Work that goes on behind: how far it is, and its end. */
export function jobRoutes(app: App, front: Front): void {
  const { jobs } = front

  async function jobFor(request: FastifyRequest, id: string, action: 'job.read' | 'job.control'): Promise<JobRow> {
    const caller = await front.caller(request)
    const parsed = parseJobId(id)
    const job = parsed === undefined ? undefined : await jobs.get(parsed)
    front.authorize(caller, action, job === undefined ? null : { kind: 'possession', ownerId: job.owner_id })
    if (job === undefined) throw notFound()
    return job
  }

  app.get(
    '/api/v1/jobs',
    { schema: { tags, querystring: z.object({ after: z.string().optional() }), response: { 200: jobList } } },
    async (request) => {
      const ownerId = front.authorizeUser(await front.caller(request), 'job.list')
      const before = request.query.after === undefined ? null : (parseJobId(request.query.after) ?? null)
      const page = await jobs.list(ownerId, before)
      return { jobs: page.jobs.map(jobView), next: page.next }
    },
  )

  app.get(
    '/api/v1/jobs/:id',
    { schema: { tags, params: idParams, response: { 200: jobViewSchema } } },
    async (request) => jobView(await jobFor(request, request.params.id, 'job.read')),
  )

  // HTML, 9.2 Server-sent events: a page's EventSource comes back by itself, and begins with all there is again.
  app.get('/api/v1/jobs/:id/events', { schema: { tags, params: idParams } }, async (request, reply) => {
    const job = await jobFor(request, request.params.id, 'job.read')
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    const changes = jobs.changes(job, gone.signal)
    // Refused before the head is sent.
    const first = await changes.next()
    return reply
      .type('text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no')
      .send(Readable.from(eventTexts(first, changes), { objectMode: false }))
  })

  app.get('/api/v1/jobs/:id/chart.svg', { schema: { tags, params: idParams } }, async (request, reply) => {
    const job = await jobFor(request, request.params.id, 'job.read')
    // Loaded when it is first asked for: few are, and it is large.
    const { jobChart } = await import('../process/job-chart.ts')
    return sendChart(reply, await jobChart(jobView(job), await jobs.tasks(job), Date.now()))
  })

  app.post(
    '/api/v1/jobs/:id/cancel',
    { schema: { tags, params: idParams, response: { 200: jobViewSchema } } },
    async (request) => {
      const { id } = await jobFor(request, request.params.id, 'job.control')
      const cancelled = await jobs.cancel(id)
      if (cancelled === undefined) throw notFound()
      return jobView(cancelled)
    },
  )

  app.delete('/api/v1/jobs/:id', { schema: { tags, params: idParams } }, async (request, reply) => {
    await jobs.remove((await jobFor(request, request.params.id, 'job.control')).id)
    return reply.code(204).send()
  })
}

function sendChart(reply: FastifyReply, chart: string): FastifyReply {
  return (
    reply
      .type('image/svg+xml; charset=utf-8')
      .header('cache-control', 'no-store')
      // Its colours for light and dark are in a style of its own, and nothing else of it does anything.
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(chart)
  )
}

async function* eventTexts(
  first: IteratorResult<JobChange, void>,
  changes: AsyncGenerator<JobChange, void, undefined>,
): AsyncGenerator<string> {
  try {
    let next = Promise.resolve(first)
    for (;;) {
      const { promise: silence, resolve } = Promise.withResolvers<null>()
      const timer = setTimeout(() => resolve(null), heartbeatMs)
      const result = await Promise.race([next, silence])
      clearTimeout(timer)
      if (result === null) {
        yield ':\n\n'
        continue
      }
      if (result.done) {
        yield 'event: end\ndata: {}\n\n'
        return
      }
      yield `data: ${JSON.stringify(result.value)}\n\n`
      next = changes.next()
    }
  } finally {
    await changes.return()
  }
}
