// The converter as a library: whatever lies in one folder becomes an archive in another one, and is listed.
//
//   sh scripts/node24 examples/convert/convert-inbox.ts INBOX OUTBOX
//
// Stopped or killed, it goes on when it is run again: what was done lies beside each output until that is whole.
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { ConvertError, convertArchive } from '@rushes/converter'
import { newArchiveId, openArchive } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'

const [inbox, outbox] = process.argv.slice(2)
if (inbox === undefined || outbox === undefined) {
  console.error('which folders? convert-inbox.ts INBOX OUTBOX')
  process.exit(2)
}

const stopping = new AbortController()
process.once('SIGINT', () => stopping.abort())
process.once('SIGTERM', () => stopping.abort())

await mkdir(outbox, { recursive: true })
for (const name of (await readdir(inbox)).sort()) {
  if (name.startsWith('.')) continue
  const output = join(outbox, `${parse(name).name}.umf`)
  if (await isThere(output)) continue
  try {
    await convert(join(inbox, name), output)
    console.log(await lineOf(output))
  } catch (error) {
    if (!(error instanceof ConvertError)) throw error
    // One that can't be converted keeps nobody else waiting.
    console.error(`${name}: ${error.message} (${error.code})`)
    process.exitCode = 1
    if (error.code === 'stopped') break
  }
}

async function convert(input: string, output: string): Promise<void> {
  let told = ''
  const { notes } = await convertArchive({
    ...{ inputs: [input], output, signal: stopping.signal },
    // Whoever keeps records of archives draws their ids there.
    drawId: async () => newArchiveId(),
    onChange({ tasks }) {
      const done = [...tasks.values()].filter(({ state }) => state === 'done').length
      const line = `${output}: ${done} of ${tasks.size} tasks`
      if (line !== told) console.error(line)
      told = line
    },
  })
  for (const { severity, message, resource } of notes) {
    if (severity !== 'info') console.error(`${severity}: ${message}${resource === undefined ? '' : ` (${resource})`}`)
  }
}

/** What is in it, in a line. */
async function lineOf(path: string): Promise<string> {
  await using file = await openFile(path)
  const archive = await openArchive(file, { sha256: nodeSha256 })
  const types = Map.groupBy(archive.items(), ({ type }) => type)
  const counts = [...types].map(([type, items]) => `${items.length} ${type}`)
  const seconds = Math.round((archive.presentation?.durationMs ?? 0) / 1000)
  const events = await archive.events()
  return `${path}: ${String(archive.metadata['format'])}, ${seconds} s, ${events.length} events, ${counts.join(', ')}`
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
