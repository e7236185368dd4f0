import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { EncoderStatus } from '@rushes/encoder'
import { InvalidArgumentError } from 'commander'
import { CommandError } from '../output.ts'
import { metricsRegistry } from './metrics.ts'

export type MetricsAddress = { host: string; port: number }

export interface MetricsServer {
  readonly url: string
  close(): void
}

/** `9100` on this machine alone, `0.0.0.0:9100`, `[::]:9100`. @throws InvalidArgumentError */
export function metricsAddress(text: string): MetricsAddress {
  const match = /^(?:(?:\[([\da-f:.]+)\]|([\w.-]+)):)?(\d{1,5})$/i.exec(text)
  const port = Number(match?.[3])
  if (match !== null && port <= 65_535) return { host: match[1] ?? match[2] ?? '127.0.0.1', port }
  throw new InvalidArgumentError('Give a port, or an address and a port, like 0.0.0.0:9100.')
}

/** `/metrics` for Prometheus, `/status` as JSON. @throws CommandError `port-taken` */
export async function serveMetrics(
  { host, port }: MetricsAddress,
  read: () => EncoderStatus | null,
): Promise<MetricsServer> {
  const registry = metricsRegistry(read)
  const pages: Readonly<Record<string, () => Promise<[type: string, body: string]>>> = {
    '/metrics': async () => [registry.contentType, await registry.metrics()],
    '/status': async () => ['application/json', `${JSON.stringify(read())}\n`],
  }
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0] ?? ''
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined
    const refuse = (status: number): void => void response.writeHead(status).end()
    if (page === undefined) refuse(404)
    else if (request.method !== 'GET') refuse(405)
    else {
      page().then(
        ([type, body]) => response.setHeader('cache-control', 'no-store').setHeader('content-type', type).end(body),
        () => refuse(500),
      )
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken' : `can't be had (${error.message})`
      reject(new CommandError('port-taken', `${host}:${port} ${why}: choose another for --metrics`))
    })
    server.listen(port, host, resolve)
  })
  // Whoever asks must not keep a command from ending.
  server.unref()
  const { address, family, port: given } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${given}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
