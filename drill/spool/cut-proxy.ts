// Between an encoder and its server: a relay of bytes that can go away, in the ways in which networks do.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Scene } from '../scene.ts'

/**
 * `open`: passes everything. `reset`: what stands is reset, what comes is reset too. `silent`: connections are taken, what
 * they say goes nowhere, and nobody is told.
 */
export type NetworkState = 'open' | 'reset' | 'silent'

export interface CutProxy {
  readonly url: string
  /** Connections that were asked for. */
  readonly connections: number
  become(state: NetworkState): void
}

export async function openCutProxy(scene: Scene, target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target)
  let state: NetworkState = 'open'
  let connections = 0
  const pairs = new Set<{ near: Socket; far: Socket | null; mute(): void }>()
  /** The server's ends of connections of which the other end is gone without a sign. */
  const orphans = new Set<Socket>()
  const server = createServer((near) => {
    connections++
    near.on('error', () => {})
    if (state === 'reset') {
      near.resetAndDestroy()
      return
    }
    let muted = state === 'silent'
    const far = muted ? null : connect(Number(port), hostname)
    const pair = {
      near,
      far,
      mute: () => {
        muted = true
      },
    }
    pairs.add(pair)
    near.on('data', (bytes) => {
      if (!muted) far?.write(bytes)
    })
    near.on('close', () => {
      pairs.delete(pair)
      if (!muted) far?.destroy()
      else if (far !== null) orphans.add(far)
    })
    far?.on('error', () => {})
    far?.on('data', (bytes) => {
      if (!muted) near.write(bytes)
    })
    far?.on('close', () => {
      orphans.delete(far)
      if (!muted) near.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scene.onEnd(() => {
    for (const far of orphans) far.destroy()
    for (const { near, far } of pairs) {
      near.destroy()
      far?.destroy()
    }
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    get connections() {
      return connections
    },
    become(next) {
      state = next
      for (const { near, far, mute } of [...pairs]) {
        if (next === 'silent') mute()
        else {
          near.resetAndDestroy()
          far?.destroy()
        }
      }
    },
  }
}
