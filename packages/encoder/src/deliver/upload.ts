// One file over one connection, by DELIVERY.md F1–F6.
import { createReadStream } from 'node:fs'
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { digestField, type ListedFile, parseDigestField } from '@rushes/protocol'
import { type LinkPulse, openLinkPulse } from './link-pulse.ts'
import { openRequestWatch, type RequestTimes } from './request-watch.ts'

export type UploadTarget = {
  /** `…/api/v1/deliveries/ID` */
  url: string
  token: string
}

export type UploadResult =
  | { outcome: 'delivered'; bytesSent: number }
  /** The receiver said no, or something else than was sent lies there. */
  | { outcome: 'refused'; status: number; code: string; message: string; retryAfterMs: number; bytesSent: number }
  /** Nobody answered: nothing is known. */
  | { outcome: 'unreachable'; message: string; bytesSent: number }

export type UploadTimes = RequestTimes & {
  /** How long one request should take: slower links send a file in parts. */
  partMs: number
}

export const defaultUploadTimes: UploadTimes = { connectMs: 2500, idleMs: 4000, partMs: 8000 }

const smallestPart = 64 * 1024

export interface Uploader {
  /**
   * Sends a file until the receiver proved that it has it, or refused it, or fell silent.
   *
   * @param fresh the receiver has nothing of it; else, and over a new connection, it is asked first
   * @param take resolves when so many bytes may be sent
   */
  send(file: ListedFile, path: string, fresh: boolean, take: (bytes: number) => Promise<void>): Promise<UploadResult>
  close(): void
}

/** @param pulse of all connections over this link */
export function openUploader(
  target: UploadTarget,
  pulse: LinkPulse = openLinkPulse(),
  times: UploadTimes = defaultUploadTimes,
): Uploader {
  const url = new URL(target.url)
  const secure = url.protocol === 'https:'
  // One connection, kept: what it has learned of the link (its congestion window) is worth more than a fresh one.
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1, timeout: times.idleMs })
  const watch = openRequestWatch(secure, times, pulse)
  /** Bytes a millisecond, of the last part. */
  let pace = Number.POSITIVE_INFINITY

  function open(method: string, name: string, headers: Record<string, string | number>): Opened {
    const at = new URL(`${target.url}/${name}`)
    const sending = (secure ? httpsRequest : httpRequest)(at, {
      method,
      agent,
      headers: { authorization: `Bearer ${target.token}`, ...headers },
    })
    sending.setNoDelay(true)
    return { sending, connected: watch(sending) }
  }

  /**
   * Whether a connection stands that has answered before. Another may end at a relay whose server is gone, which takes a
   * file and loses it: there a question goes first.
   */
  const isProven = (): boolean => Object.values(agent.freeSockets).some((sockets) => (sockets?.length ?? 0) > 0)

  /** Asks how much the receiver has of a file: status 200, all of it; 404, `offset` bytes; else it can't say. */
  async function received(name: string): Promise<Answer> {
    const { sending } = open('HEAD', name, {})
    sending.end()
    return read(await answerOf(sending))
  }

  async function proof(name: string): Promise<Answer> {
    const { sending } = open('GET', `${name}/digest`, {})
    sending.end()
    return read(await answerOf(sending))
  }

  async function put(
    file: ListedFile,
    path: string,
    from: number,
    to: number,
    take: (bytes: number) => Promise<void>,
    sent: (bytes: number) => void,
  ): Promise<Answer> {
    const { sending, connected } = open('PUT', file.name, {
      'content-type': 'video/mp4',
      'content-length': to - from,
      'content-range': `bytes ${from}-${Math.max(to - 1, 0)}/${file.size}`,
      'repr-digest': digestField(file.digest),
    })
    let answered = false
    const answer = answerOf(sending).finally(() => {
      answered = true
    })
    answer.catch(() => {})
    if (to > from) {
      // What is written before would wait for a connection that may never stand, and be taken for sent.
      await Promise.race([connected, answer.catch(() => {})])
      for await (const chunk of createReadStream(path, { start: from, end: to - 1 })) {
        const bytes = chunk as Buffer
        await take(bytes.length)
        if (sending.destroyed || answered) break
        sent(bytes.length)
        if (!sending.write(bytes)) await drained(sending, answer)
      }
    }
    sending.end()
    return read(await answer)
  }

  return {
    async send(file, path, fresh, take) {
      let bytesSent = 0
      try {
        let offset = 0
        if (!fresh || !isProven()) {
          const answer = await received(file.name)
          if (answer.status === 200) return judge(await proof(file.name), file, bytesSent)
          if (answer.status !== 404) return judge(answer, file, bytesSent)
          offset = Math.max(answer.offset ?? 0, 0)
        }
        for (;;) {
          // More than there is can't be ours: from the start.
          if (offset > file.size) offset = 0
          const part = Math.max(smallestPart, Math.floor(pace * times.partMs))
          const end = Math.min(file.size, offset + part)
          const startedAt = performance.now()
          const answer = await put(file, path, offset, end, take, (bytes) => {
            bytesSent += bytes
          })
          pace = (end - offset) / Math.max(performance.now() - startedAt, 1)
          if (answer.status === 202) offset = end
          else if (answer.code === 'wrong-offset' && answer.offset !== null && answer.offset !== offset) {
            offset = answer.offset
          } else return judge(answer, file, bytesSent)
        }
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause)
        return { outcome: 'unreachable', message, bytesSent }
      }
    },
    close: () => agent.destroy(),
  }
}

/** `connected` resolves when its connection stands. */
type Opened = { sending: ClientRequest; connected: Promise<void> }

type Answer = {
  status: number
  digest: string | null
  code: string
  message: string
  retryAfterMs: number
  offset: number | null
}

/** F2: delivered is only what the receiver read back as it was made here. */
function judge(answer: Answer, file: ListedFile, bytesSent: number): UploadResult {
  const { status, code, message, retryAfterMs } = answer
  const good = status === 200 || status === 201
  if (good && answer.digest === file.digest) return { outcome: 'delivered', bytesSent }
  if (good) {
    const stored = answer.digest ?? 'nothing that it names'
    return {
      outcome: 'refused',
      status,
      code: 'digest-mismatch',
      message: `stored as ${stored}`,
      retryAfterMs: 0,
      bytesSent,
    }
  }
  return { outcome: 'refused', status, code, message, retryAfterMs, bytesSent }
}

function answerOf(sending: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sending.once('response', resolve)
    sending.once('error', reject)
    sending.once('close', () => reject(new Error('the connection ended without an answer')))
  })
}

function drained(sending: ClientRequest, answer: Promise<unknown>): Promise<unknown> {
  return Promise.race([new Promise((resolve) => sending.once('drain', resolve)), answer.catch(() => {})])
}

const maxAnswerBytes = 64 * 1024

async function read(response: IncomingMessage): Promise<Answer> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk as string
    if (text.length > maxAnswerBytes) throw new Error('an answer that is no answer')
  }
  const { headers, statusCode: status = 0 } = response
  const error = errorOf(text)
  const offset = Number(headers['upload-offset'] ?? Number.NaN)
  return {
    status,
    digest: parseDigestField(String(headers['repr-digest'] ?? '')),
    code: error.code ?? `http-${status}`,
    message: error.message ?? `the server answered ${status}`,
    retryAfterMs: Math.min(Number(headers['retry-after'] ?? 0) * 1000 || 0, 60_000),
    offset: Number.isSafeInteger(offset) ? offset : null,
  }
}

function errorOf(text: string): { code?: string; message?: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } }
    return {
      ...(typeof error?.code === 'string' && { code: error.code }),
      ...(typeof error?.message === 'string' && { message: error.message }),
    }
  } catch {
    return {}
  }
}
