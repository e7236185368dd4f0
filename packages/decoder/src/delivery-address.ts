import { DecoderError } from './decoder-error.ts'

/** Where a delivery is: the server without a slash at its end, and the delivery's ID. */
export type DeliveryAddress = { server: string; id: string }

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/**
 * Reads `ID` (at `server`) or the URL of a delivery or of anything under it, e.g.
 * `https://rushes.example/api/v1/deliveries/ID/manifest`.
 *
 * @throws DecoderError `bad-address`
 */
export function parseDeliveryAddress(text: string, server: string): DeliveryAddress {
  if (uuid.test(text.toLowerCase())) return { server: originOf(server), id: text.toLowerCase() }
  const url = URL.canParse(text) ? new URL(text) : null
  const match = /^(.*)\/api\/v1\/deliveries\/([^/]+)(?:\/|$)/.exec(url?.pathname ?? '')
  const id = match?.[2]?.toLowerCase() ?? ''
  if (url === null || !/^https?:$/.test(url.protocol) || !uuid.test(id)) {
    throw new DecoderError('bad-address', `${text} is neither an ID nor the URL of a delivery`)
  }
  return { server: `${url.origin}${match![1]}`, id }
}

function originOf(server: string): string {
  if (URL.canParse(server) && /^https?:$/.test(new URL(server).protocol)) return server.replace(/\/+$/, '')
  throw new DecoderError('bad-address', `${server} is no server: give one like https://rushes.example`)
}
