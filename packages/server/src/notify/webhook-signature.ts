import { createHmac } from 'node:crypto'

/** `whsec_` and base64: how Standard Webhooks 1.0 writes a symmetric secret. */
export function secretText(secret: Uint8Array): string {
  return `whsec_${Buffer.from(secret).toString('base64')}`
}

/** The headers of Standard Webhooks 1.0; `timestamp` is s since 1970. */
export function signatureHeaders(
  secret: Uint8Array,
  id: string,
  timestamp: number,
  body: string,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` }
}
