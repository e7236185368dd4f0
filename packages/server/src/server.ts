// The server as one value: database, store and HTTP, opened in order and closed in reverse.
import { mkdir } from 'node:fs/promises'
import type { Server as HttpsServer } from 'node:https'
import { join } from 'node:path'
import { type Capacity, openCapacity } from '@rushes/pipeline'
import type { FastifyBaseLogger } from 'fastify'
import { prepareOwner } from './access/owner.ts'
import { refuseUnfinishedRestore } from './backup/unfinished-restore.ts'
import type { Schema } from './catalog/schema.ts'
import { openApp } from './http/app.ts'
import { type CertificateFiles, followCertificate, readCertificate } from './http/certificate.ts'
import { openFront } from './http/front.ts'
import { convertKind, importJob } from './import/import-job.ts'
import { openImports } from './import/imports.ts'
import { openWebhookQueue } from './notify/webhook-queue.ts'
import type { JobKinds } from './process/job-kind.ts'
import { openJobs } from './process/jobs.ts'
import { defaultReceiveLimits, type ReceiveLimits } from './receive/limits.ts'
import { openRecordingRooms } from './recording-rooms.ts'
import { openDatabase } from './store/database.ts'

/** What a process of the server does: several may share a database, each with roles of its own. */
export type ServerRole =
  /** Receives, keeps and serves recordings; of jobs it takes orders. */
  | 'record'
  /** Runs jobs. */
  | 'convert'
export const serverRoles: readonly ServerRole[] = ['record', 'convert']

export type ServerOptions = {
  /** Default all. */
  roles?: readonly ServerRole[]
  /** What jobs it runs in the role `convert` beside the conversion of archives, by their names. */
  jobKinds?: JobKinds
  /** What these share; left out, this machine, where recordings go first. */
  jobCapacity?: Capacity
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
  const closing: (() => Promise<void> | void)[] = [() => database.close()]
  /** In reverse: what was opened last stands on all the others. */
  const closeAll = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    const { setupToken } = await prepareOwner(db, options.ownerKey)
    const roles = new Set(options.roles ?? serverRoles)
    const webhooks = openWebhookQueue({ db, trusted: new Set(options.webhookHosts ?? []), log })
    closing.push(() => webhooks.close())
    const pointerHosts = new Set(options.pointerHosts ?? [])
    const recordings = roles.has('record')
      ? await openRecordingRooms({ db, folder, limits, webhooks, pointerHosts, log })
      : null
    if (recordings !== null) closing.push(() => recordings.close())
    const onKeeping = () => recordings?.keepImports()
    const jobs = openJobs({
      ...{ db, log, onMessages: webhooks.wake },
      runs: roles.has('convert')
        ? {
            kinds: { [convertKind]: importJob({ db, folder, onKeeping }), ...options.jobKinds },
            folder: join(options.dataDir, 'jobs'),
            // What is being recorded can't be recorded again; whatever a job does can be done later.
            capacity:
              options.jobCapacity ?? openCapacity({ isYielding: () => recordings?.receiver.isReceiving === true }),
          }
        : null,
    })
    closing.push(() => jobs.close())
    const imports = openImports({ db, folder, jobs, limits, onKeeping, log })
    closing.push(() => imports.close())
    const front = openFront({ db, jobs, publicUrl: options.publicUrl ?? null })
    const { allowedOrigins, webRoot, version } = options
    const reach = { allowedOrigins, trustedProxies: options.trustedProxies ?? [], certificate }
    const app = await openApp({
      front,
      room: recordings?.room(front) ?? null,
      imports,
      folder,
      limits,
      ...reach,
      webRoot,
      version,
      log,
    })
    await app.listen({ host: options.host, port: options.port })
    // Requests are cut off last but for the database: what closes tells those who wait.
    closing.splice(1, 0, () => app.close())
    const address = app.server.address()
    const port = typeof address === 'object' && address !== null ? address.port : options.port
    const host = options.host.includes(':') ? `[${options.host}]` : options.host
    const url = `${certificate === null ? 'http' : 'https'}://${host}:${port}`
    const shown = options.tls && followCertificate(app.server as unknown as HttpsServer, options.tls, log)
    closing.push(() => shown?.close())
    return {
      url,
      setupUrl: setupToken === null ? null : `${options.publicUrl ?? url}/setup#${setupToken}`,
      reloadCertificate: () => shown?.reload(),
      close: closeAll,
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}
