// The server as `rushes serve` runs it, with other limits: those that a drill cannot wait for. First argument: JSON.
import { openServer, type ReceiveLimits } from '@rushes/server'
import { pino } from 'pino'

const limits = JSON.parse(process.argv[2] ?? '{}') as Partial<ReceiveLimits>
const server = await openServer({
  host: '127.0.0.1',
  port: Number(process.env['PORT']),
  dataDir: process.env['RUSHES_DATA']!,
  databaseUrl: process.env['RUSHES_DATABASE_URL'],
  blobsDir: process.env['RUSHES_BLOBS']?.replace(/^file:/, ''),
  ownerKey: process.env['RUSHES_OWNER_KEY'],
  publicUrl: undefined,
  allowedOrigins: [],
  webRoot: null,
  limits,
  version: '0.0.0',
  log: pino({ level: 'warn' }, pino.destination({ fd: 2, sync: false })),
})
process.once('SIGTERM', () => {
  server.close().then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
console.log(`rushes ready ${server.url}`)
