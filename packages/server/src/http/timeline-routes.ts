import { timelineView } from '@rushes/protocol'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { eventExtent, listEvents, listMarks, type StoredEvent } from '../catalog/recording-events.ts'
import type { Recording } from '../catalog/schema.ts'
import { chaptersVtt } from '../publish/chapters.ts'
import { placed, summaryOf } from '../publish/summary.ts'
import type { App } from './front.ts'
import type { Room } from './room.ts'

export type TimelinePlace = {
  /** Under which the two routes lie. */
  path: string
  tag: string
  /** The recording that is asked for, if the caller may read it. */
  find(request: FastifyRequest): Promise<Recording>
}

/** A page is at most so many events, and so many bytes of their data. */
const pageLimit = 500
const pageBytes = 1024 * 1024
/** More chapters than anybody can choose from. */
const mostChapters = 1000

/** What happened in a recording: all of it as JSON, its marks as WebVTT. */
export function timelineRoutes(app: App, room: Room, { path, tag, find }: TimelinePlace): void {
  const { db, receiver } = room

  function clockOf(recording: Recording): { durationMs: number; place(event: StoredEvent): StoredEvent } {
    const live = recording.state === 'receiving' ? receiver.live(recording.id) : null
    const summary = live?.summary ?? summaryOf(recording)
    const { durationMs = 0 } = summary
    return { durationMs: Math.round(durationMs * 1000) / 1000, place: (event) => placed(summary, event) }
  }

  app.get(
    `${path}/timeline`,
    {
      schema: {
        tags: [tag],
        querystring: z.object({
          from: z.coerce.number().int().min(0).max(0x7fffffff).default(0),
          limit: z.coerce.number().int().min(1).max(pageLimit).default(pageLimit),
        }),
        response: { 200: timelineView },
      },
    },
    async (request, reply) => {
      const recording = await find(request)
      const { from, limit } = request.query
      const { durationMs, place } = clockOf(recording)
      const growing = recording.state === 'receiving'
      const events = await listEvents(db, recording.id, { from, limit, bytes: pageBytes })
      const next = from + events.length
      const isAll = !growing && (events.length === 0 || next >= (await eventExtent(db, recording.id)).count)
      reply.header('cache-control', 'no-cache')
      return {
        state: growing ? ('growing' as const) : ('complete' as const),
        durationMs,
        events: events.map(place),
        next: isAll ? null : next,
      }
    },
  )

  app.get(`${path}/chapters.vtt`, { schema: { tags: [tag] } }, async (request, reply) => {
    const recording = await find(request)
    const { durationMs, place } = clockOf(recording)
    const marks = await listMarks(db, recording.id, mostChapters)
    reply.header('cache-control', 'no-cache')
    return reply.type('text/vtt; charset=utf-8').send(chaptersVtt(marks.map(place), durationMs))
  })
}
