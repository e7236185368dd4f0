// @tus/server with its own FileStore, as its README starts it: the peer of bench/ingest.ts and bench/delivery.ts.
// Arguments: FOLDER, and where to listen if not at a free port of this machine alone.
import { createServer } from 'node:http'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const [directory, host = '127.0.0.1', port = '0'] = process.argv.slice(2)
const tus = new Server({ path: '/files', datastore: new FileStore({ directory: directory! }) })
const http = createServer((request, response) => void tus.handle(request, response))
http.listen(Number(port), host, () => {
  const address = http.address()
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address!.port : 0}/files`)
})
process.once('SIGTERM', () => process.exit(0))
