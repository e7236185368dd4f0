import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import {
  ApiError,
  apiClient,
  type EventSpool,
  type IngestSocket,
  openIngestSender,
  type RecordingView,
  type Spool,
} from '@rushes/protocol'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { WebSocket } from 'ws'
import { addServerOptions, CommandError, printResult, type ServerOptions } from '../output.ts'
import { showProgress } from '../progress.ts'
import { openEventFile } from './event-file.ts'
import { type FileSpool, openFileSpool, spoolStream } from './file-spool.ts'
import { readPacing } from './pacing.ts'
import { type RecordResult, reachable, recordResult } from './record-result.ts'

type RecordOptions = ServerOptions & { pace: 'live' | 'fast'; chunkMs: number; title?: string; events?: string }

export function addRecordCommand(program: Command): void {
  const command = program
    .command('record <input>')
    .description("send a media file (or - for standard input) as a live recording over the browser's own protocol")
    .addOption(
      new Option('--pace <pace>', 'as recorded, or as fast as it goes').choices(['live', 'fast']).default('fast'),
    )
    .option('--chunk-ms <ms>', 'how often a live sender sends', milliseconds, 250)
    .option('--title <title>', 'title of the recording')
    .option('--events <file>', 'what happens in it: JSON lines {t, kind, data}, t in ms; a file or a pipe')
  addServerOptions(command).action(async (input: string, options: RecordOptions) => {
    printResult(await record(input, options), { json: options.json === true })
  })
}

async function record(input: string, options: RecordOptions): Promise<RecordResult> {
  const title = options.title ?? (input === '-' ? undefined : basename(input))
  const client = apiClient({ server: options.server, ...(options.key !== undefined && { key: options.key }) })
  if (input !== '-') await mustBeFile(input)
  let sender: ReturnType<typeof openIngestSender> | undefined
  const events = options.events === undefined ? null : await openEventFile(options.events, () => sender?.grown())
  const created = await patiently(() => client.createRecording({ ...(title !== undefined && { title }) }))
  const progress = showProgress(options.json === true ? 'quiet' : 'bar', input)
  const source =
    input === '-' ? await fromStream(() => sender?.grown()) : await fromFile(input, options, () => sender?.grown())
  try {
    sender = openIngestSender({
      url: created.ingestUrl,
      token: created.token,
      spool: events === null ? source.spool : withEvents(source.spool, events.spool),
      crc32,
      connect,
      onProgress: ({ recorded, safe }) => progress.update(safe, Math.max(source.total ?? 0, recorded)),
      onState(state) {
        if (state.state === 'waiting')
          progress.note(`${words(state.after)}; trying again in ${Math.ceil(state.delayMs / 1000)} s`)
        else if (state.state === 'sending') progress.note('')
      },
    })
    const feeding = Promise.all([source.feed(), events?.ended]).then(() => sender!.end())
    const outcome = await Promise.race([sender.done, feeding.then(() => sender!.done)])
    if (outcome.state === 'stopped') {
      throw new CommandError(outcome.after, `the server refused the recording: ${words(outcome.after)}`)
    }
    if (sender.eventsRefused !== null) {
      throw new CommandError('events-refused', `published, but without all events: ${words(sender.eventsRefused)}`)
    }
    await reachable(outcome.recording)
    const waitMs = performance.now() - sender.endSentAt!
    return recordResult(await withDigest(outcome.recording, () => client.recording(outcome.recording.id)), waitMs)
  } finally {
    sender?.close()
    progress.stop()
    await source.spool.close()
  }
}

function withEvents(spool: FileSpool, events: EventSpool): Spool {
  return {
    ...{ events, acknowledged: spool.acknowledged },
    get size() {
      return spool.size
    },
    read: (offset, length) => spool.read(offset, length),
    acknowledge: (offset, crc) => spool.acknowledge(offset, crc),
  }
}

type Source = { spool: FileSpool; total: number | null; feed(): Promise<void> }

async function fromFile(path: string, options: RecordOptions, grown: () => void): Promise<Source> {
  const { size } = await stat(path)
  const spool = await openFileSpool(path)
  if (options.pace === 'fast') {
    spool.reveal(size)
    return { spool, total: size, feed: async () => grown() }
  }
  const pacing = await readPacing(createReadStream(path, { highWaterMark: 1024 * 1024 }))
  return {
    spool,
    total: size,
    async feed() {
      const startedAt = performance.now()
      while (spool.size < size) {
        await sleep(options.chunkMs)
        spool.reveal(pacing.bytesAt(performance.now() - startedAt))
        grown()
      }
    },
  }
}

async function fromStream(grown: () => void): Promise<Source> {
  const { spool, ended } = await spoolStream(process.stdin, grown)
  return { spool, total: null, feed: () => ended }
}

function connect(url: string, subprotocol: string): IngestSocket {
  return new WebSocket(url, subprotocol, { perMessageDeflate: false }) as unknown as IngestSocket
}

/** A server that is starting, or away for a moment, is waited for. */
async function patiently<Result>(call: () => Promise<Result>): Promise<Result> {
  const until = performance.now() + 30_000
  for (let waitMs = 250; ; waitMs = Math.min(waitMs * 2, 4000)) {
    try {
      return await call()
    } catch (error) {
      const passing = error instanceof ApiError && (error.status === 0 || error.status === 503)
      if (!passing || performance.now() + waitMs > until) throw error
      await sleep(waitMs)
    }
  }
}

/** The digest of the whole runs behind; it is there soon. */
async function withDigest(recording: RecordingView, ask: () => Promise<RecordingView>): Promise<RecordingView> {
  let latest = recording
  for (let tries = 0; latest.sha256 === null && tries < 100; tries++) {
    await sleep(100)
    latest = await ask()
  }
  return latest
}

async function mustBeFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found === null || !found.isFile()) throw new CommandError('no-such-file', `${path} is no file`)
  if (found.size === 0) throw new CommandError('empty-file', `${path} is empty: there is nothing to record`)
}

function milliseconds(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 10 || value > 60_000) throw new InvalidArgumentError('10 to 60000 ms')
  return value
}

function words(code: string): string {
  return code.replaceAll('-', ' ')
}
