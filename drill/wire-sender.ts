// A sender that says whatever it is told to, for what an honest one never sends.
import { once } from 'node:events'
import { crc32 } from 'node:zlib'
import {
  chunkHeaderBytes,
  ingestSubprotocol,
  parseReceiverMessage,
  type ReceiverMessage,
  type Welcome,
  writeChunkHeader,
} from '@rushes/protocol'
import { WebSocket } from 'ws'

const patienceMs = 15_000

/** The receiver closed while something else was expected of it. */
export class WireClosed extends Error {
  readonly closeCode: number

  constructor(closeCode: number) {
    super(`the receiver closed with ${closeCode}`)
    this.name = 'WireClosed'
    this.closeCode = closeCode
  }
}

export interface WireSender {
  readonly socket: WebSocket
  /** The next message. @throws WireClosed, or Error after 15 s of silence */
  next(): Promise<ReceiverMessage>
  send(data: string | Uint8Array): void
  hello(token: string): Promise<Welcome>
  /** Waits for acknowledgements up to `offset`. */
  acknowledged(offset: number): Promise<number>
  /** The close code. @throws Error after 15 s */
  closed(): Promise<number>
  end(): Promise<void>
}

/** A chunk message whose header says what it is told to, right or wrong. */
export function chunkMessage(epoch: number, offset: number, chain: number, payload: Uint8Array): Buffer {
  const message = Buffer.alloc(chunkHeaderBytes + payload.length)
  message.set(payload, chunkHeaderBytes)
  writeChunkHeader(message, { epoch, offset, crc: chain }, crc32)
  return message
}

/** The right chunk for bytes `from` to `to` of a body. */
export function rightChunk(epoch: number, body: Buffer, from: number, to: number): Buffer {
  return chunkMessage(epoch, from, crc32(body.subarray(0, to)), body.subarray(from, to))
}

export async function openWireSender(url: string): Promise<WireSender> {
  const socket = new WebSocket(url, ingestSubprotocol, { perMessageDeflate: false })
  const messages: ReceiverMessage[] = []
  let code: number | null = null
  let wake: () => void = () => {}
  socket.on('message', (data: Buffer) => {
    messages.push(parseReceiverMessage(data.toString('utf8')))
    wake()
  })
  socket.on('error', () => {}) // a close follows
  socket.on('close', (closeCode) => {
    code = closeCode
    wake()
  })
  await Promise.race([once(socket, 'open'), once(socket, 'close')])

  async function until<Value>(ready: () => Value | undefined): Promise<Value> {
    const deadline = performance.now() + patienceMs
    for (;;) {
      const value = ready()
      if (value !== undefined) return value
      const left = deadline - performance.now()
      if (left <= 0) throw new Error(`the receiver said nothing for ${patienceMs} ms`)
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        wake = resolve
        timer = setTimeout(resolve, left)
      })
      clearTimeout(timer)
    }
  }

  function next(): Promise<ReceiverMessage> {
    return until(() => {
      const message = messages.shift()
      if (message === undefined && code !== null) throw new WireClosed(code)
      return message
    })
  }

  return {
    socket,
    next,
    send: (data) => socket.send(data),
    async hello(token) {
      socket.send(JSON.stringify({ type: 'hello', protocol: 1, token }))
      const message = await next()
      if (message.type !== 'welcome') throw new Error(`greeted with ${message.type}`)
      return message
    },
    async acknowledged(offset) {
      for (;;) {
        const message = await next()
        if (message.type === 'ack' && message.offset >= offset) return message.offset
      }
    },
    closed: () => until(() => code ?? undefined),
    async end() {
      if (code !== null) return
      socket.close()
      await until(() => code ?? undefined)
    },
  }
}
