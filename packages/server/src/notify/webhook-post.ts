import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { checkLiteral, lookupPublic } from './public-address.ts'

/** Why a message did not arrive, for the account to read. */
export class WebhookFailure extends Error {
  readonly code = 'webhook-failed'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'WebhookFailure'
  }
}

/** Hosts that may be reached wherever they are: names or addresses as they stand in a URL, in lower case. */
export type TrustedHosts = ReadonlySet<string>

const limitMs = 10_000

/** Posts JSON; anything but a 2xx is a failure. What the other side answers beyond its status is not read. @throws WebhookFailure */
export async function postWebhook(
  url: string,
  headers: Record<string, string>,
  body: string,
  trusted: TrustedHosts,
): Promise<void> {
  const target = new URL(url)
  const isTrusted = trusted.has(target.hostname)
  const bytes = Buffer.from(body)
  try {
    if (!isTrusted) checkLiteral(target.hostname)
    const status = await new Promise<number>((resolve, reject) => {
      const request = (target.protocol === 'https:' ? requestHttps : requestHttp)(target, {
        method: 'POST',
        // A connection of its own: one that is kept might belong to an address that was checked for somebody else.
        agent: false,
        signal: AbortSignal.timeout(limitMs),
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': bytes.length,
          'user-agent': 'Rushes',
        },
        ...(!isTrusted && { lookup: lookupPublic }),
      })
      request.once('response', (response) => {
        resolve(response.statusCode ?? 0)
        response.destroy()
      })
      request.once('error', reject)
      request.end(bytes)
    })
    if (status < 200 || status > 299) throw new WebhookFailure(`it answered ${status}`)
  } catch (cause) {
    if (cause instanceof WebhookFailure) throw cause
    const { name, message } = cause as Error
    const words = name === 'TimeoutError' || name === 'AbortError' ? `no answer within ${limitMs / 1000} s` : message
    throw new WebhookFailure(words, { cause })
  }
}
