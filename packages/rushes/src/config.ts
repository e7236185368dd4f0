import { existsSync } from 'node:fs'
import { isIP, isIPv4 } from 'node:net'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommandError } from './output.ts'

/** What the environment says (README, Settings). */
export type Config = {
  host: string
  port: number
  dataDir: string
  databaseUrl: string | undefined
  blobsDir: string | undefined
  ownerKey: string | undefined
  publicUrl: string | undefined
  allowedOrigins: string[]
  trustedProxies: string[]
  tls: { cert: string; key: string } | undefined
  webhookHosts: string[]
  pointerHosts: string[]
  webRoot: string | null
}

/** @throws CommandError `bad-config`, naming the variable */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined
  return {
    host: read('HOST') ?? '127.0.0.1',
    port: readPort(read('PORT')),
    dataDir: resolve(read('RUSHES_DATA') ?? 'data'),
    databaseUrl: read('RUSHES_DATABASE_URL'),
    blobsDir: readBlobs(read('RUSHES_BLOBS')),
    ownerKey: read('RUSHES_OWNER_KEY'),
    publicUrl: readOrigin('RUSHES_PUBLIC_URL', read('RUSHES_PUBLIC_URL')),
    allowedOrigins: (read('RUSHES_ALLOWED_ORIGINS') ?? '')
      .split(/[\s,]+/)
      .filter((origin) => origin !== '')
      .map((origin) => readOrigin('RUSHES_ALLOWED_ORIGINS', origin)!),
    trustedProxies: (read('RUSHES_TRUST_PROXY') ?? '')
      .split(/[\s,]+/)
      .filter((proxy) => proxy !== '')
      .map(readNetwork),
    tls: readTls(read('RUSHES_TLS_CERT'), read('RUSHES_TLS_KEY')),
    webhookHosts: readHosts('RUSHES_WEBHOOK_HOSTS', read('RUSHES_WEBHOOK_HOSTS')),
    pointerHosts: readHosts('RUSHES_POINTER_HOSTS', read('RUSHES_POINTER_HOSTS')),
    webRoot: builtPages(),
  }
}

function readPort(text: string | undefined): number {
  const port = Number(text ?? 7070)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new CommandError('bad-config', `PORT=${text} is no port: give a number from 0 to 65535`)
}

function readBlobs(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (text.startsWith('file://')) return fileURLToPath(text)
  if (text.startsWith('file:') && isAbsolute(text.slice(5))) return text.slice(5)
  if (text.startsWith('file:')) return resolve(text.slice(5))
  throw new CommandError('bad-config', `RUSHES_BLOBS=${text} is not supported: this version keeps blobs in file:FOLDER`)
}

function readOrigin(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : null
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.pathname === '/') return url.origin
  throw new CommandError('bad-config', `${name}=${text} is no origin: give one like https://rushes.example`)
}

/** As they would stand in a URL. */
function readHosts(name: string, text: string | undefined): string[] {
  const hosts = (text ?? '').split(/[\s,]+/).filter((host) => host !== '')
  return hosts.map((host) => readHost(name, host))
}

function readHost(name: string, text: string): string {
  const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : null
  if (url !== null && url.host === url.hostname && url.pathname === '/' && url.username === '') return url.hostname
  throw new CommandError('bad-config', `${name}=${text} is no host: give a name or an address, no port`)
}

function readNetwork(text: string): string {
  const [address, bits] = text.split('/')
  const isNetwork = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address!) ? 32 : 128))
  if (isIP(address!) !== 0 && isNetwork) return text
  throw new CommandError('bad-config', `RUSHES_TRUST_PROXY=${text}: give addresses like 127.0.0.1 or 10.0.0.0/8`)
}

function readTls(cert: string | undefined, key: string | undefined): Config['tls'] {
  if (cert === undefined && key === undefined) return undefined
  if (cert !== undefined && key !== undefined) return { cert: resolve(cert), key: resolve(key) }
  throw new CommandError('bad-config', 'RUSHES_TLS_CERT and RUSHES_TLS_KEY go together: set both, or neither')
}

function builtPages(): string | null {
  const folder = join(import.meta.dirname, '..', '..', 'web', 'dist')
  return existsSync(folder) ? folder : null
}
