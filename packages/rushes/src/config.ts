import { existsSync } from 'node:fs'
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
  webhookHosts: string[]
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
    webhookHosts: (read('RUSHES_WEBHOOK_HOSTS') ?? '')
      .split(/[\s,]+/)
      .filter((host) => host !== '')
      .map(readHost),
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

/** As it would stand in a URL. */
function readHost(text: string): string {
  const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : null
  if (url !== null && url.host === url.hostname && url.pathname === '/' && url.username === '') return url.hostname
  throw new CommandError('bad-config', `RUSHES_WEBHOOK_HOSTS=${text} is no host: give a name or an address, no port`)
}

function builtPages(): string | null {
  const folder = join(import.meta.dirname, '..', '..', 'web', 'dist')
  return existsSync(folder) ? folder : null
}
