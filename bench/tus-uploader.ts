// tus-js-client as its README has it, one file in one request: the peer of bench/upload.ts. Arguments: ENDPOINT, PATH.
import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import { Upload } from 'tus-js-client'

const [endpoint, path] = process.argv.slice(2) as [string, string]
const upload = new Upload(createReadStream(path), {
  endpoint,
  uploadSize: statSync(path).size,
  retryDelays: [0, 1000, 3000, 5000],
  metadata: { filename: basename(path) },
  onError(error) {
    console.error(error)
    process.exit(1)
  },
  onSuccess() {
    console.log(upload.url)
    process.exit(0)
  },
})
upload.start()
