import { setFlagsFromString } from 'node:v8'
import type { Server, ServerRole } from '@rushes/server'
import { type Command, Option } from 'commander'
import { type Logger, pino } from 'pino'
import { type Config, readConfig } from './config.ts'
import { CommandError } from './output.ts'
import { version } from './version.ts'

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('the server')
    .option('--roles <roles>', 'what this process does: record, convert, or all; with a comma several', 'all')
    .addOption(new Option('--tls-cert <file>', 'certificate with its chain, PEM').env('RUSHES_TLS_CERT'))
    .addOption(new Option('--tls-key <file>', 'its private key, PEM').env('RUSHES_TLS_KEY'))
    .action(async ({ roles, tlsCert, tlsKey }: { roles: string; tlsCert?: string; tlsKey?: string }) => {
      await serve(parseRoles(roles), readConfig({ ...process.env, RUSHES_TLS_CERT: tlsCert, RUSHES_TLS_KEY: tlsKey }))
    })
}

/** Written here again, as the server itself is loaded only to be started. */
const known: readonly ServerRole[] = ['record', 'convert']

function parseRoles(text: string): readonly ServerRole[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('all')) return known
  const unknown = names.find((name) => !known.includes(name as ServerRole))
  if (unknown === undefined) return names as ServerRole[]
  throw new CommandError('misused', `there is no role ${unknown}: give ${known.join(', ')} or all`)
}

/** Runs until SIGTERM or SIGINT, then stops cleanly. */
async function serve(roles: readonly ServerRole[], config: Config): Promise<void> {
  // Every message is a Buffer outside of V8's heap, and V8 collects all of its heap for each 64 MB of those: a third of
  // the ingest's CPU. Counted into the heap's own limit they cause a fraction of that (docs/benchmarks.md, Ingest).
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  // Collecting a heap of 40 MB keeps both cores of a small machine busy for 30 ms, in which every acknowledgement waits:
  // rather seldom, with 100 MB more, than once a second (docs/benchmarks.md, Live).
  setFlagsFromString('--heap-growing-percent=250')
  // When all senders come at once, as after a restart, V8 concludes that what serves them lives long, and puts the lists that
  // hold their chunks beside what does: dead, they kept 30 MB a second from going away with the young, and brought that
  // collection every other second again (docs/benchmarks.md, Live).
  setFlagsFromString('--no-allocation-site-pretenuring')
  // What publishes a recording runs rarely and is waited for: its code must not be thrown away in between.
  setFlagsFromString('--no-flush-bytecode')
  const log: Logger = pino({ level: process.env['RUSHES_LOG'] ?? 'warn' }, pino.destination({ fd: 2, sync: false }))
  const server = await start(roles, config, log)
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error }, 'the server did not stop cleanly')
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  // Without TLS it means what it always does: the terminal is gone.
  if (config.tls !== undefined) process.on('SIGHUP', () => server.reloadCertificate())
  if (!canRecordAt(config, server.url)) console.error(insecureNotice)
  if (server.setupUrl !== null) console.log(`make the owner's account, once: ${server.setupUrl}`)
  console.log(`rushes ready ${server.url}`)
}

const insecureNotice =
  'Browsers give pages screen, camera and microphone only over https, or on this very machine. For recording from other ' +
  'machines set RUSHES_TLS_CERT and RUSHES_TLS_KEY, or put a proxy with a certificate in front and set RUSHES_PUBLIC_URL.'

/** Whether browsers take the address for a secure context (W3C Secure Contexts, §3.1), as far as that is known. */
function canRecordAt({ publicUrl, trustedProxies }: Config, url: string): boolean {
  const { protocol, hostname } = new URL(publicUrl ?? url)
  const isLocal = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
  return protocol === 'https:' || isLocal || trustedProxies.length > 0
}

async function start(roles: readonly ServerRole[], config: Config, log: Logger): Promise<Server> {
  try {
    // Loaded here, as reading all of the server would keep every other command waiting for half a second.
    const { openServer } = await import('@rushes/server')
    return await openServer({ ...config, roles, version, log })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') {
      const port = config.port
      throw new CommandError(
        'port-taken',
        `port ${port} on ${config.host} is taken; choose another: PORT=${port + 1} npm start`,
      )
    }
    if (code === 'EACCES')
      throw new CommandError('port-refused', `port ${config.port} needs more rights; choose one above 1023`)
    throw error
  }
}
