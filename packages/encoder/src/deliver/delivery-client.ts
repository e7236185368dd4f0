import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import {
  appendedManifest,
  type CreatedDelivery,
  createdDelivery,
  type DeliveryCertificate,
  deliveryCertificate,
  errorBody,
  type ManifestEntry,
} from '@rushes/protocol'
import { type LinkPulse, openLinkPulse } from './link-pulse.ts'
import { openRequestWatch, type RequestTimes } from './request-watch.ts'

/** An answer of the receiver that is no success; `status` 0: none came. */
export class DeliveryRefusal extends Error {
  readonly status: number
  readonly code: string
  /** Entries that the receiver has, where it says so. */
  readonly next: number | null

  constructor(status: number, code: string, message: string, next: number | null = null) {
    super(message)
    this.name = 'DeliveryRefusal'
    this.status = status
    this.code = code
    this.next = next
  }

  /** Whether trying again may help. */
  get passes(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

/** What an encoder asks of the receiver beside its files: DELIVERY.md C, M and E. */
export interface DeliveryClient {
  /** C1, C2. @throws DeliveryRefusal */
  create(id: string, title: string): Promise<CreatedDelivery>
  /** M1; answers how many entries the receiver has. @throws DeliveryRefusal */
  append(id: string, token: string, from: number, entries: readonly ManifestEntry[]): Promise<number>
  /** E2; null: files are still to come. @throws DeliveryRefusal */
  certificate(id: string, token: string): Promise<DeliveryCertificate | null>
  close(): void
}

const defaultTimes: RequestTimes = { connectMs: 2500, idleMs: 3500 }
/** A certificate lists every file. */
const maxAnswerBytes = 512 * 1024 * 1024

type Answer = { status: number; next: number; text: string }

/** @param pulse of all connections over this link */
export function deliveryClient(
  server: string,
  key: string | undefined,
  pulse: LinkPulse = openLinkPulse(),
  times: RequestTimes = defaultTimes,
): DeliveryClient {
  const secure = server.startsWith('https:')
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 })
  const watch = openRequestWatch(secure, times, pulse)

  function exchange(method: string, path: string, token: string | undefined, body: string | null): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sending = (secure ? httpsRequest : httpRequest)(`${server}/api/v1/deliveries${path}`, {
        method,
        agent,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== null && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      })
      void watch(sending)
      sending.once('close', () => reject(new Error('the connection ended without an answer')))
      sending.once('error', reject)
      sending.once('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
          if (text.length > maxAnswerBytes) response.destroy(new Error('an answer that does not end'))
        })
        response.once('error', reject)
        response.once('end', () => {
          const next = Number(response.headers['manifest-next'] ?? Number.NaN)
          resolve({ status: response.statusCode ?? 0, next, text })
        })
      })
      sending.end(body ?? undefined)
    })
  }

  async function call(method: string, path: string, token: string | undefined, body?: unknown): Promise<unknown> {
    const { status, next, text } = await exchange(
      method,
      path,
      token,
      body === undefined ? null : JSON.stringify(body),
    ).catch((cause: Error) => {
      throw new DeliveryRefusal(0, 'unreachable', `no answer from ${server}: ${cause.message}`)
    })
    if (status >= 200 && status < 300) return JSON.parse(text)
    const parsed = errorBody.safeParse(jsonOf(text))
    const error = parsed.success ? parsed.data.error : { code: 'bad-answer', message: `the server answered ${status}` }
    throw new DeliveryRefusal(status, error.code, error.message, Number.isSafeInteger(next) ? next : null)
  }

  return {
    create: async (id, title) => createdDelivery.parse(await call('POST', '', key, { id, title })),
    append: async (id, token, from, entries) =>
      appendedManifest.parse(await call('POST', `/${id}/manifest`, token, { from, entries })).next,
    async certificate(id, token) {
      try {
        return deliveryCertificate.parse(await call('GET', `/${id}/certificate`, token))
      } catch (error) {
        if (error instanceof DeliveryRefusal && error.code === 'not-delivered') return null
        throw error
      }
    },
    close: () => agent.destroy(),
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
