import {
  appendedManifest,
  type CreatedDelivery,
  createdDelivery,
  type DeliveryCertificate,
  deliveryCertificate,
  errorBody,
  type ManifestEntry,
} from '@rushes/protocol'

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
}

/** @param answerMs without a byte of an answer: shorter than a network that is away is noticed by TCP */
export function deliveryClient(server: string, key: string | undefined, answerMs = 10_000): DeliveryClient {
  async function call(method: string, path: string, token: string | undefined, body?: unknown): Promise<unknown> {
    let response: Response
    let text = ''
    // From one piece to the next: the certificate of a day has megabytes, which a slow link takes a while to bring.
    const silence = new AbortController()
    const limit = (): NodeJS.Timeout =>
      setTimeout(() => silence.abort(new Error(`nothing for ${answerMs / 1000} s`)), answerMs)
    let timer = limit()
    try {
      response = await fetch(`${server}/api/v1/deliveries${path}`, {
        method,
        signal: silence.signal,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += piece
        clearTimeout(timer)
        timer = limit()
      }
    } catch (cause) {
      const { message } = ((cause as Error).cause as Error | undefined) ?? (cause as Error)
      throw new DeliveryRefusal(0, 'unreachable', `no answer from ${server}: ${message}`)
    } finally {
      clearTimeout(timer)
    }
    if (response.ok) return JSON.parse(text)
    const next = Number(response.headers.get('manifest-next') ?? Number.NaN)
    const parsed = errorBody.safeParse(jsonOf(text))
    const error = parsed.success
      ? parsed.data.error
      : { code: 'bad-answer', message: `the server answered ${response.status}` }
    throw new DeliveryRefusal(response.status, error.code, error.message, Number.isSafeInteger(next) ? next : null)
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
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
