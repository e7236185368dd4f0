// Stands between an uploading program and its server and keeps the witness: which bytes of the file went by, and which of
// them for a second time.
import { once } from 'node:events'
import { createServer, request, type ServerResponse } from 'node:http'
import type { Scene } from '../scene.ts'

export interface UploadRelay {
  readonly url: string
  /** Furthest byte of the file that went by. */
  readonly sent: number
  /** Bytes that had gone by before, at each time that a chunk began behind where the last one had come. */
  readonly sentAgain: number[]
  /** Another file comes from now on. */
  reset(): void
  /** Resolves when the file has come to `bytes`, or at once where it is further. */
  reached(bytes: number): Promise<void>
}

export async function openUploadRelay(scene: Scene, to: string): Promise<UploadRelay> {
  const target = new URL(to)
  let sent = 0
  let again: number[] = []
  let waiting: { bytes: number; resolve: () => void }[] = []

  function passed(place: number): void {
    sent = Math.max(sent, place)
    waiting = waiting.filter(({ bytes, resolve }) => {
      if (bytes <= sent) resolve()
      return bytes > sent
    })
  }

  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const onward = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('error', () => cut(outgoing))
      answer.pipe(outgoing)
    })
    onward.on('error', () => cut(outgoing))
    incoming.on('error', () => onward.destroy())
    outgoing.on('close', () => onward.destroy())
    if (method === 'PATCH') {
      let place = Number(headers['upload-offset'])
      if (place < sent) again.push(sent - place)
      incoming.on('data', (part: Buffer) => {
        place += part.length
        passed(place)
      })
    }
    incoming.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scene.onEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the relay has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    get sent() {
      return sent
    },
    get sentAgain() {
      return again
    },
    reset() {
      sent = 0
      again = []
    },
    reached: (bytes) =>
      new Promise((resolve) => {
        waiting.push({ bytes, resolve })
        passed(sent)
      }),
  }
}

/** What is behind went away in the middle: so does this. */
function cut(response: ServerResponse): void {
  response.socket?.destroy()
}
