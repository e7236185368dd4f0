// A WebSocket relay on loopback that does to messages what a bad network, a bad middle box or a bad cable does.
import { once } from 'node:events'
import { WebSocket, WebSocketServer } from 'ws'
import type { Scene } from './scene.ts'

export type Frame = { data: Buffer; binary: boolean }
export type Passage = { direction: 'up' | 'down'; connection: number; path: string }
/** What becomes of a frame: those that go on in its place; or of its connection: reset, or silent both ways without a sign. */
export type Fate = Frame[] | 'reset' | 'half-open'
export type Tamper = (frame: Frame, passage: Passage) => Fate | Promise<Fate>

export interface FrameProxy {
  readonly port: number
  readonly connections: number
  /** Makes open connections half-open: nothing passes any more, nobody is told. Returns how many there were. */
  silence(path?: string): number
}

export async function openFrameProxy(scene: Scene, target: string, tamper: Tamper): Promise<FrameProxy> {
  // Pings and pongs belong to the two ends: a relay that answers them itself would hide a dead peer.
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, autoPong: false, perMessageDeflate: false })
  await once(server, 'listening')
  const open = new Set<{ path: string; silence(): void }>()
  const sockets = new Set<WebSocket>()
  let count = 0

  server.on('connection', (near, request) => {
    const connection = count++
    const path = request.url ?? '/'
    const far = new WebSocket(new URL(path, target.replace(/^http/, 'ws')), near.protocol, {
      autoPong: false,
      perMessageDeflate: false,
    })
    let silent = false
    const pair = {
      path,
      silence: () => {
        silent = true
      },
    }
    open.add(pair)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {}) // a close follows
    }
    const farOpen = once(far, 'open').catch(() => {})

    const relay = (from: WebSocket, to: WebSocket, direction: 'up' | 'down'): void => {
      let turn: Promise<unknown> = direction === 'up' ? farOpen : Promise.resolve()
      const inTurn = (task: () => void | Promise<void>): void => {
        turn = turn.then(() => (silent ? undefined : task())).catch(() => {})
      }
      from.on('message', (data: Buffer, binary) =>
        inTurn(async () => {
          const fate = await tamper({ data, binary }, { direction, connection, path })
          if (silent) return
          if (fate === 'half-open') pair.silence()
          else if (fate === 'reset') {
            near.terminate()
            far.terminate()
          } else for (const frame of fate) to.send(frame.data, { binary: frame.binary }, () => {})
        }),
      )
      from.on('ping', (data) => inTurn(() => to.ping(data)))
      from.on('pong', (data) => inTurn(() => to.pong(data)))
      from.on('close', (code, reason) => {
        open.delete(pair)
        sockets.delete(from)
        inTurn(() => {
          // 1005 and 1006 never travel (RFC 6455 §7.4.1): the one means no code, the other no closing frame.
          if (code === 1005) to.close()
          else if (code === 1006) to.terminate()
          else to.close(code, reason)
        })
      })
    }
    relay(near, far, 'up')
    relay(far, near, 'down')
  })

  scene.onEnd(() => {
    for (const socket of sockets) socket.terminate()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no address')
  return {
    port: address.port,
    get connections() {
      return open.size
    },
    silence(path) {
      let silenced = 0
      for (const pair of open) {
        if (path !== undefined && !pair.path.includes(path)) continue
        pair.silence()
        silenced++
      }
      return silenced
    },
  }
}
