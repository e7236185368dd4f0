// The server as one value: database, store and HTTP, opened in order and closed in reverse.
import { mkdir } from 'node:fs/promises'
import type { Server as HttpsServer } from 'node:https'
import { join } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { prepareOwner } from './access/owner.ts'
import { refuseUnfinishedRestore } from './backup/unfinished-restore.ts'
import { openArchiveRegistry } from './catalog/archive-registry.ts'
import type { Schema } from './catalog/schema.ts'
import { openConversions } from './convert/conversions.ts'
import { openDeliveries } from './deliver/deliveries.ts'
import { openFleet } from './fleet/fleet.ts'
import { openApp } from './http/app.ts'
import { type CertificateFiles, followCertificate, readCertificate } from './http/certificate.ts'
import { openRoom } from './http/room.ts'
import { openLiveRoom } from './live/live-room.ts'
import { openWebhookQueue } from './notify/webhook-queue.ts'
import { openArchives } from './publish/archives.ts'
import { openPublisher } from './publish/publisher.ts'
import { defaultReceiveLimits, type ReceiveLimits } from './receive/limits.ts'
import { openReceiver } from './receive/receiver.ts'
import { openDatabase } from './store/database.ts'
import { openUploads } from './upload/uploads.ts'

export type ServerOptions = {
  host: string
  /** 0 takes a free one. */
  port: number
  dataDir: string
  /** Postgres of the operator's own; undefined: the embedded one. */
  databaseUrl: string | undefined
  /** Folder of the bodies; undefined: below the data folder. */
  blobsDir: string | undefined
  ownerKey: string | undefined
  /** Where browsers reach the server, when a proxy stands in front of it. */
  publicUrl: string | undefined
  allowedOrigins: readonly string[]
  /** Addresses and networks of proxies whose X-Forwarded- headers are believed; default none. */
  trustedProxies?: readonly string[]
  /** Certificate and key; left out: plain HTTP. */
  tls?: CertificateFiles | undefined
  /** Hosts that webhooks may reach although their addresses are not public; default none. */
  webhookHosts?: readonly string[]
  /** Hosts that items of archives may point to although their addresses are not public; default none. */
  pointerHosts?: readonly string[]
  /** The built pages; null: none. */
  webRoot: string | null
  limits?: Partial<ReceiveLimits>
  version: string
  log: FastifyBaseLogger
}

export type Server = {
  /** `http://HOST:PORT` or `https://…` as it listens. */
  url: string
  /** One-time link that makes the owner's account, while there is none. */
  setupUrl: string | null
  /** Looks at the certificate's files now; they are looked at by themselves as well. */
  reloadCertificate(): void
  close(): Promise<void>
}

/** @throws StoreError, AccessError, CertificateError, or the system's EADDRINUSE */
export async function openServer(options: ServerOptions): Promise<Server> {
  const { log } = options
  const limits = { ...defaultReceiveLimits, ...options.limits }
  refuseUnfinishedRestore(options.dataDir)
  const certificate = options.tls === undefined ? null : readCertificate(options.tls)
  const folder = { root: options.blobsDir ?? join(options.dataDir, 'blobs') }
  await mkdir(join(folder.root, 'recordings'), { recursive: true, mode: 0o750 })
  const database = await openDatabase<Schema>({ url: options.databaseUrl, dataDir: options.dataDir, log })
  const db = database.kysely
  try {
    const { setupToken } = await prepareOwner(db, options.ownerKey)
    const publisher = openPublisher({ db, folder, log })
    const receiver = await openReceiver({ db, folder, publisher, limits, log })
    const deliveries = await openDeliveries({ db, folder, receiver, log })
    const live = openLiveRoom(receiver)
    const registry = openArchiveRegistry(db)
    const archives = openArchives({ db, folder, publisher, registry, log })
    const conversions = openConversions({ db, folder, reserveBytes: limits.reserveBytes, log })
    const uploads = openUploads({ db, folder, receiver, archives, limits, log })
    const trusted = new Set(options.webhookHosts ?? [])
    const webhooks = openWebhookQueue({ db, trusted, log })
    const fleet = await openFleet({ db, log, onMessages: webhooks.wake })
    const room = openRoom({
      db,
      folder,
      receiver,
      publisher,
      archives,
      conversions,
      pointerHosts: new Set(options.pointerHosts ?? []),
      deliveries,
      uploads,
      fleet,
      live,
      webhooks,
      log,
      publicUrl: options.publicUrl ?? null,
    })
    const { allowedOrigins, webRoot, version } = options
    const reach = { allowedOrigins, trustedProxies: options.trustedProxies ?? [], certificate }
    const app = await openApp({ room, limits, ...reach, webRoot, version, log })
    try {
      await app.listen({ host: options.host, port: options.port })
    } catch (error) {
      await fleet.close()
      await webhooks.close()
      await uploads.close()
      await conversions.close()
      await archives.close()
      await deliveries.close()
      await receiver.close()
      throw error
    }
    const address = app.server.address()
    const port = typeof address === 'object' && address !== null ? address.port : options.port
    const host = options.host.includes(':') ? `[${options.host}]` : options.host
    const url = `${certificate === null ? 'http' : 'https'}://${host}:${port}`
    const shown = options.tls && followCertificate(app.server as unknown as HttpsServer, options.tls, log)
    return {
      url,
      setupUrl: setupToken === null ? null : `${options.publicUrl ?? url}/setup#${setupToken}`,
      reloadCertificate: () => shown?.reload(),
      async close() {
        shown?.close()
        await fleet.close()
        await webhooks.close()
        await uploads.close()
        await conversions.close()
        await archives.close()
        await deliveries.close()
        await receiver.close()
        live.close()
        await app.close()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}
