// @tus/server with its own FileStore, as its README starts it: the peer of bench/ingest.ts.
import { createServer } from 'node:http'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const tus = new Server({ path: '/files', datastore: new FileStore({ directory: process.argv[2]! }) })
const http = createServer((request, response) => void tus.handle(request, response))
http.listen(0, '127.0.0.1', () => {
  const address = http.address()
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address!.port : 0}/files`)
})
process.once('SIGTERM', () => process.exit(0))
