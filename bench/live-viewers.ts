// Viewers as players of Low-Latency HLS are, over plain HTTP: they wait for the playlist's next part, and fetch it.
import { Agent, get } from 'node:http'
import { gunzipSync } from 'node:zlib'

export type Viewers = {
  readonly bytes: number
  readonly parts: number
  /** Playlists that did not have what was waited for. */
  readonly late: number
  readonly failed: number
  stop(): Promise<void>
}

export function startViewers(playlistUrl: string, count: number): Viewers {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 * count })
  const totals = { bytes: 0, parts: 0, late: 0, failed: 0 }
  let running = true

  const ask = (url: string): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      get(url, { agent, headers: { 'accept-encoding': 'gzip' } }, (reply) => {
        const pieces: Buffer[] = []
        reply.on('data', (piece: Buffer) => pieces.push(piece))
        reply.on('error', reject)
        reply.on('end', () => {
          if (reply.statusCode === 200) resolve(Buffer.concat(pieces))
          else reject(new Error(`${url} answered ${reply.statusCode}`))
        })
      }).on('error', reject)
    })

  async function watch(): Promise<void> {
    let seen = ''
    let query = ''
    while (running) {
      try {
        const text = readable(await ask(playlistUrl + query)).toString()
        const parts = [...text.matchAll(/#EXT-X-PART:[^\n]*URI="([^"]+)"/g)].map((match) => match[1]!)
        // Who comes in begins with the last part; who waited takes all that are new.
        const from = seen === '' ? parts.length - 1 : parts.indexOf(seen) + 1
        if (query !== '' && from >= parts.length) totals.late++
        for (const part of parts.slice(Math.max(0, from))) {
          const { length } = await ask(new URL(part, playlistUrl).href)
          totals.bytes += length
          totals.parts++
          seen = part
        }
        const [, sequence, part] = /#EXT-X-PRELOAD-HINT:[^\n]*\/(\d+)\.(\d+)\.\w+"/.exec(text) ?? []
        if (sequence === undefined) return
        query = `?_HLS_msn=${sequence}&_HLS_part=${part}&_HLS_skip=YES`
      } catch {
        if (running) totals.failed++
        query = ''
      }
    }
  }

  const watching = Array.from({ length: count }, watch)
  return {
    get bytes() {
      return totals.bytes
    },
    get parts() {
      return totals.parts
    },
    get late() {
      return totals.late
    },
    get failed() {
      return totals.failed
    },
    async stop() {
      running = false
      agent.destroy()
      await Promise.all(watching)
    },
  }
}

function readable(bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  return gunzipSync(bytes)
}
