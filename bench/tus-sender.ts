// tus-js-client as its README has it, several files at once: the peer of bench/delivery.ts. Arguments: ENDPOINT, FOLDER,
// how many at once. It prints a JSON line for each file that it called uploaded, or gave up.
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Upload } from 'tus-js-client'

const [endpoint, folder, atOnce] = process.argv.slice(2) as [string, string, string]
// By their numbers, as the encoder lists them.
const numbered = (name: string): string => name.slice(name.indexOf('-'))
const names = readdirSync(folder).sort((one, other) => numbered(one).localeCompare(numbered(other)))

function upload(name: string): Promise<void> {
  const path = join(folder, name)
  return new Promise((resolve) => {
    const say = (error: string | null): void => {
      process.stdout.write(`${JSON.stringify({ name, url: sending.url, error })}\n`)
      resolve()
    }
    const sending = new Upload(createReadStream(path), {
      endpoint,
      uploadSize: statSync(path).size,
      retryDelays: [0, 1000, 3000, 5000],
      metadata: { filename: name },
      onError: (error) => say(error.message),
      onSuccess: () => say(null),
    })
    sending.start()
  })
}

async function worker(): Promise<void> {
  for (let name = names.shift(); name !== undefined; name = names.shift()) await upload(name)
}
await Promise.all(Array.from({ length: Number(atOnce) }, worker))
process.exit(0)
