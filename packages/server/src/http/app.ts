import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { sql } from 'kysely'
import type { BodyFolder } from '../body/folder.ts'
import type { Imports } from '../import/imports.ts'
import type { ReceiveLimits } from '../receive/limits.ts'
import { alertRoutes } from './alert-routes.ts'
import { archiveRoutes } from './archive-routes.ts'
import type { LoadedCertificate } from './certificate.ts'
import { answerCrossOrigin } from './cross-origin.ts'
import { deliveryRoutes } from './delivery-routes.ts'
import { fleetRoutes } from './fleet-routes.ts'
import type { App, Front } from './front.ts'
import { HttpError, sendError } from './http-error.ts'
import { ingestUpgrade } from './ingest-upgrade.ts'
import { jobRoutes } from './job-routes.ts'
import { layoutRoutes } from './layout-routes.ts'
import { liveRoutes } from './live-routes.ts'
import { hearProxy, originAllowed } from './origin.ts'
import { openPages, type Pages } from './pages.ts'
import { recordingRoutes } from './recording-routes.ts'
import type { Room } from './room.ts'
import { sessionRoutes } from './session-routes.ts'
import { shareRoutes } from './share-routes.ts'
import { sharedRecordings } from './shared-recordings.ts'
import { limitSockets } from './socket-limit.ts'
import { streamRoutes } from './stream-routes.ts'
import { type TrustsProxy, trustedProxies } from './trusted-proxy.ts'
import { uploadRoutes } from './upload-routes.ts'

export type AppOptions = {
  front: Front
  /** Null: this process has nothing to do with recordings. */
  room: Room | null
  imports: Imports
  folder: BodyFolder
  limits: ReceiveLimits
  allowedOrigins: readonly string[]
  /** Proxies whose word is taken for the address, scheme and host of a client. */
  trustedProxies: readonly string[]
  /** Null: no TLS. */
  certificate: LoadedCertificate | null
  webRoot: string | null
  version: string
  log: FastifyBaseLogger
}

/** The HTTP server: every route, with the policy in front of it. */
export async function openApp(options: AppOptions): Promise<App> {
  const { front, room } = options
  const trusts = trustedProxies(options.trustedProxies)
  const { headMs, requestMs } = options.limits
  // Slow-loris: a head or a body that takes longer is cut, within a quarter of the time that a head has.
  const patience = { headersTimeout: headMs, connectionsCheckingInterval: Math.ceil(headMs / 4) }
  const transport =
    options.certificate === null
      ? { http: patience }
      : { https: { ...options.certificate.options, ...patience, handshakeTimeout: headMs } }
  const app = fastify({
    // The type of Fastify's server depends on it; everything here uses what both kinds of server have.
    ...(transport as { https: null }),
    trustProxy: trusts,
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    requestTimeout: requestMs,
    keepAliveTimeout: 10_000,
    forceCloseConnections: true,
  }).withTypeProvider<ZodTypeProvider>() as App
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(sendError)
  await app.register(cookie)
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        // WebAssembly is the recorder's AAC encoder; it may be compiled, strings may not be run.
        'script-src': ["'self'", "'wasm-unsafe-eval'"],
        'media-src': ["'self'", 'blob:'],
        'img-src': ["'self'", 'blob:'],
        'object-src': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'self'"],
      },
    },
    // Shared recordings are shown in other sites' frames; the pages of the account are not (see below).
    frameguard: false,
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'same-origin' },
    hsts: false,
  })
  await app.register(rateLimit, { global: false })
  await app.register(swagger, {
    openapi: { info: { title: 'Rushes', version: options.version, description: 'Recorded media, ready at once.' } },
    transform: jsonSchemaTransform,
  })

  app.addHook('onRequest', async (request, reply) => {
    hearProxy(request.raw, trusts)
    if (!request.url.startsWith('/r/')) reply.header('x-frame-options', 'SAMEORIGIN')
    // A page of another site must not act with our cookie: SameSite=Lax stops most, the exact Origin all of it.
    const safe = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS'
    if (!safe && !originAllowed(request.raw, front.publicUrl, options.allowedOrigins)) {
      throw new HttpError(403, 'foreign-origin', 'requests from other sites are refused')
    }
    if (answerCrossOrigin(request, reply, options.allowedOrigins)) return reply
  })

  const pages = openPages(app, options.webRoot)
  app.setNotFoundHandler((request, reply) => {
    reply.code(404)
    if (request.method === 'GET' && request.headers.accept?.includes('text/html') === true) return pages.send(reply, '')
    return reply.send({ error: { code: 'not-found', message: 'there is nothing here' } })
  })
  sessionRoutes(app, front)
  jobRoutes(app, front)
  archiveRoutes(app, front, {
    ...{ imports: options.imports, folder: options.folder, keepsAtOnce: room !== null },
    expiryMs: options.limits.uploadExpiryMs,
    maxBytes: options.limits.maxRecordingBytes,
    allowedOrigins: options.allowedOrigins,
  })
  layoutRoutes(app, front)
  if (room !== null) addRecordings(app, room, pages, options, trusts)
  app.get('/healthz', { schema: { tags: ['server'] } }, async () => {
    await sql`select 1`.execute(front.db)
    return { status: 'ok', version: options.version }
  })
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, () => app.swagger())

  limitSockets(app.server, options.limits.maxSockets, options.log)
  return app
}

/** What is there where recordings are made, kept and watched. */
function addRecordings(app: App, room: Room, pages: Pages, options: AppOptions, trusts: TrustsProxy): void {
  recordingRoutes(app, room)
  deliveryRoutes(app, room)
  uploadRoutes(app, room, {
    expiryMs: options.limits.uploadExpiryMs,
    maxBytes: options.limits.maxRecordingBytes,
    allowedOrigins: options.allowedOrigins,
  })
  fleetRoutes(app, room)
  alertRoutes(app, room)
  const shares = sharedRecordings(room)
  shareRoutes(app, room, shares, pages)
  streamRoutes(app, room, shares)
  liveRoutes(app, room, shares)
  const upgrade = ingestUpgrade({
    receiver: room.receiver,
    limits: options.limits,
    publicUrl: room.publicUrl,
    allowedOrigins: options.allowedOrigins,
    trusts,
    describe: room.describeNow,
  })
  app.server.on('upgrade', upgrade)
}
