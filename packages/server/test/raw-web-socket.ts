import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/** RFC 6455 §5.2, first byte. */
export const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, ping: 0x9 } as const
export const finalBit = 0x80
export const compressedBit = 0x40

/** A WebSocket spoken byte by byte, for frames that no library would send. */
export type RawWebSocket = {
  socket: Socket
  /** What the server answered the upgrade with: status line and headers. */
  answer: string
  /** The close code, as soon as there is one; null where the connection ended without. */
  closed: Promise<number | null>
  /** Waits while the kernel has no room; false once the server has gone. */
  write(bytes: Uint8Array): Promise<boolean>
}

/** The head of a client's frame that says it has `length` bytes, masked with zeros: the payload goes as it is. */
export function frameHead(firstByte: number, length: number | bigint): Buffer {
  const mask = Buffer.alloc(4)
  if (length < 126) return Buffer.concat([Buffer.from([firstByte, 0x80 | Number(length)]), mask])
  const size = Buffer.alloc(length < 0x10000 ? 2 : 8)
  if (size.length === 2) size.writeUInt16BE(Number(length))
  else size.writeBigUInt64BE(BigInt(length))
  return Buffer.concat([Buffer.from([firstByte, 0x80 | (size.length === 2 ? 126 : 127)]), size, mask])
}

export async function openRawWebSocket(
  url: string,
  options: { subprotocol: string; headers?: readonly string[] },
): Promise<RawWebSocket> {
  const { hostname, port, host, pathname } = new URL(url)
  // It goes on sending after the server's end of stream: nobody who means harm would stop.
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  const lines = [
    `GET ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    `Sec-WebSocket-Protocol: ${options.subprotocol}`,
    ...(options.headers ?? []),
  ]
  let received: Buffer = Buffer.alloc(0)
  let answer: string | null = null
  const answered = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<number | null>()
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
    if (answer === null) {
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      answer = received.toString('latin1', 0, end)
      received = received.subarray(end + 4)
      answered.resolve()
    }
    received = readFrames(received, closed.resolve)
  })
  socket.on('end', () => closed.resolve(null))
  socket.on('error', () => {}) // a close follows
  socket.on('close', () => {
    answered.resolve()
    closed.resolve(null)
  })
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  await answered.promise
  return {
    socket,
    answer: answer ?? '',
    closed: closed.promise,
    async write(bytes) {
      if (socket.destroyed) return false
      if (socket.write(bytes)) return true
      return await new Promise((resolve) => {
        const drained = () => {
          socket.off('close', gone)
          resolve(true)
        }
        const gone = () => {
          socket.off('drain', drained)
          resolve(false)
        }
        socket.once('drain', drained).once('close', gone)
      })
    },
  }
}

/** Looks for the closing frame among the server's frames; answers what is not a whole frame yet. */
function readFrames(bytes: Buffer, onClose: (code: number | null) => void): Buffer {
  for (let rest = bytes; ; ) {
    if (rest.length < 2) return rest
    const short = rest[1]! & 0x7f
    const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2
    if (rest.length < headBytes) return rest
    const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short
    if (rest.length < headBytes + length) return rest
    if ((rest[0]! & 0x0f) === 0x8) onClose(length >= 2 ? rest.readUInt16BE(headBytes) : null)
    rest = rest.subarray(headBytes + length)
  }
}
