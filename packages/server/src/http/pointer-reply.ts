import { Readable } from 'node:stream'
import type { Archive } from '@rushes/umf'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ContentError } from '../archive/content-error.ts'
import type { Recording } from '../catalog/schema.ts'
import { replyWithBytes } from './file-reply.ts'
import type { Room } from './room.ts'

export type PointerRequest = {
  recording: Recording
  archive: Archive
  name: string
  about: { name: string; contentType: string; isDownload: boolean }
  /** Path of the list that the item is in. */
  base: string
  mode: 'proxy' | 'redirect'
  signal: AbortSignal
}

export interface PointerReplies {
  /** @throws ContentError */
  send(request: FastifyRequest, reply: FastifyReply, asked: PointerRequest): Promise<FastifyReply>
}

/** Connections that are open for others. */
const mostAtOnce = 100
/** Names are looked up in threads that syncs need too, and some name servers take their time. */
const mostBegun = 4

/** Answers for items whose bytes lie elsewhere: with the bytes, or where they are, as the caller asks. */
export function pointerReplies({ pointers }: Room): PointerReplies {
  let open = 0
  let begun = 0
  const waiting: (() => void)[] = []

  /** One after the other beyond so many; no more wait than may be open. */
  async function inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    if (begun < mostBegun) begun++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next === undefined) begun--
      else next()
    }
  }

  async function redirect(
    reply: FastifyReply,
    { recording, archive, name, base }: PointerRequest,
  ): Promise<FastifyReply> {
    const target = await pointers.target(recording, archive, name)
    reply.header('cache-control', 'private, no-cache')
    if (target.kind === 'url') return reply.redirect(target.url.href, 307)
    const list = target.kind === 'here' ? base : `/api/v1/recordings/${target.id}/resources`
    return reply.redirect(`${list}/${target.name.split('/').map(encodeURIComponent).join('/')}`, 307)
  }

  async function proxy(request: FastifyRequest, reply: FastifyReply, asked: PointerRequest): Promise<FastifyReply> {
    const { recording, archive, name, about, signal } = asked
    const content = await pointers.open(recording, archive, name, signal)
    const { size, digest, read } = content
    return replyWithBytes(request, reply, {
      ...{ size, ...about, etag: digest === null ? null : `"${digest.slice('sha256:'.length)}"` },
      open: (start, end) => Readable.from(read(start, end)),
    })
  }

  return {
    async send(request, reply, asked) {
      if (open >= mostAtOnce)
        throw new ContentError('too-many-pointers', 'too many pointers are being followed; try again')
      open++
      reply.raw.once('close', () => open--)
      return await inTurn(() => (asked.mode === 'redirect' ? redirect(reply, asked) : proxy(request, reply, asked)))
    },
  }
}
