// Encoder's site, server and decoder's site, as every fault of this drill begins with them.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { FaultContext } from '../fault.ts'
import { type ServerProcess, type ServerProcessOptions, serverKey, startServer } from '../server-process.ts'
import { type DecoderProcess, openDecoderProcess } from './decoder-process.ts'
import type { EncoderJob } from './encoder-main.ts'
import { type EncoderProcess, openEncoderProcess } from './encoder-process.ts'
import { type NetworkLab, openNetworkLab } from './network-lab.ts'
import { openRelay, type RelayProcess } from './relay-process.ts'

const serverPort = 7070

export type SiteOptions = {
  /** One way, of what passes the relay. */
  delayMs?: number
  jitterMs?: number
  /** Bits a second. */
  rate?: number
  server?: Partial<ServerProcessOptions>
}

export interface Site {
  readonly lab: NetworkLab
  readonly server: ServerProcess
  readonly relay: RelayProcess
  /** The server, past the relay. */
  readonly direct: string
  /** The server through the relay, for whoever is on the encoder's side, or the decoder's. */
  readonly forEncoder: string
  readonly forDecoder: string
  encode(job: Partial<EncoderJob> & Pick<EncoderJob, 'segments'>): EncoderProcess & { readonly job: EncoderJob }
  decode(id: string, flags?: readonly string[]): DecoderProcess
}

export async function openSite(context: FaultContext, options: SiteOptions = {}): Promise<Site> {
  const { scene } = context
  const lab = openNetworkLab(scene)
  if (options.rate !== undefined) lab.limitRate(options.rate)
  const place = { inside: lab.inside('srv'), listen: '0.0.0.0', address: lab.serverForDrill }
  const server = await startServer(context, { port: serverPort, place, ...options.server })
  const { delayMs = 0, jitterMs = 0 } = options
  const relay = await openRelay(scene, lab, { to: { host: lab.addresses.srv, port: serverPort }, delayMs, jitterMs })
  const forEncoder = `http://${lab.addresses.midForEnc}:${relay.port}`
  const forDecoder = `http://${lab.addresses.midForDec}:${relay.port}`
  return {
    lab,
    server,
    relay,
    direct: `http://${lab.addresses.srv}:${serverPort}`,
    forEncoder,
    forDecoder,
    encode(given) {
      const now = Date.now()
      const id = newDeliveryId(now)
      const job: EncoderJob = {
        folder: join(scene.folder, `spool-${id}`),
        head: { id, title: 'drill', server: forEncoder, segmentMs: 1000, epochMs: given.startAt ?? now },
        key: serverKey,
        clip: 'small',
        intervalMs: 1000,
        startAt: now,
        workers: { least: 2, most: 4 },
        ...given,
      }
      return Object.assign(openEncoderProcess(scene, lab, job), { job })
    },
    decode: (id, flags) =>
      openDecoderProcess(scene, lab, { id, server: forDecoder, key: serverKey, ...(flags && { flags }) }),
  }
}

/** RFC 9562 §5.7. */
function newDeliveryId(now: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
