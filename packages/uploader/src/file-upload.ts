// One file on its way to the server.
//
//   preparing ── front, fingerprint, upload found or made ──> sending ── all safe, digest agrees ──> published
//       ^                                                       │  └── refused by the server, or unreadable ──> refused
//       └──────────── waiting, after a while ── no answer ──────┘        pause ──> paused ── resume ──> preparing
import type { Front } from '@rushes/media'
import {
  type ApiClient,
  ApiError,
  type Crc32,
  digestField,
  type RecordingView,
  retryDelayMs,
  uploadOrder,
} from '@rushes/protocol'
import { ChunkSize } from './chunk-size.ts'
import { FileDigest, type Sha256 } from './file-digest.ts'
import { findFront } from './file-front.ts'
import { fingerprintOf } from './fingerprint.ts'
import { placeInFile, readBody, type SourceFile } from './source-file.ts'
import { type TusChunk, type TusClient, uploadsPath } from './tus-client.ts'
import { UploadFault } from './upload-fault.ts'

export type UploadState =
  | { state: 'preparing' }
  | { state: 'sending' }
  /** The server does not answer; it is asked again after `delayMs`. */
  | { state: 'waiting'; fault: UploadFault; delayMs: number }
  | { state: 'paused' }
  | { state: 'published'; recording: RecordingView; waitMs: number }
  | { state: 'refused'; fault: UploadFault }

export type FileUploadOptions = {
  file: SourceFile
  /** Origin of the server, as its clients have it. */
  server: string
  client: Pick<ApiClient, 'uploads' | 'recording'>
  tus: TusClient
  crc32: Crc32
  newSha256: () => Promise<Sha256>
  /** A server that has never answered is given up after so long; left out: never. */
  firstAnswerMs?: number
  /** Called after each change of the state, and when more is safe. */
  onChange: () => void
}

export interface FileUpload {
  readonly file: SourceFile
  readonly state: UploadState
  /** Bytes that the server has. */
  readonly safe: number
  /** Bytes that an earlier run had sent. */
  readonly resumedAt: number
  /** Sends until it is published, refused or paused. */
  run(): Promise<void>
  pause(): void
  /** Makes one that was paused or refused ready to run again. */
  resume(): void
  /** Stops, and removes from the server what is there of it. */
  cancel(): Promise<void>
}

const longestWaitMs = 15_000
const lastBytes = 512 * 1024
/** Codes after which the same request may succeed. */
const passing = new Set(['unreachable', 'checksum-mismatch', 'offset-conflict', 'bad-answer'])

type Place = { url: string; front: Front | null; digest: FileDigest }

export function openFileUpload(options: FileUploadOptions): FileUpload {
  const { file, client, tus, onChange } = options
  let state: UploadState = { state: 'preparing' }
  let safe = 0
  let resumedAt = 0
  let hasAnswered = false
  const openedAt = performance.now()
  /** When the last chunk set out. */
  let sentAt = openedAt
  let place: Place | null = null
  let stop = new AbortController()
  const chunkSize = new ChunkSize()

  function become(next: UploadState): void {
    state = next
    onChange()
  }

  /** The upload that this file goes into: an earlier one that it was left in, or a new one. */
  async function findPlace(): Promise<Place> {
    const front = await reading(findFront(file))
    const fingerprint = await reading(options.newSha256().then((sha256) => fingerprintOf(file, sha256)))
    const digest = new FileDigest(file, await options.newSha256())
    const order = uploadOrder(front, file.size)
    const known = (await asking(client.uploads())).find(
      (one) => one.fingerprint === fingerprint && one.size === file.size,
    )
    if (known !== undefined) return { url: `${options.server}${uploadsPath}/${known.id}`, front, digest }
    const metadata: Record<string, string> = { filename: file.name.slice(-500), fingerprint }
    if (file.type !== '') metadata['filetype'] = file.type
    if (order !== undefined) metadata['order'] = order
    return { url: await tus.create(file.size, metadata, stop.signal), front, digest }
  }

  /** The last chunk is a short one: while it comes, the server reads all before it, and is ready at once. */
  function lengthAt(at: number): number {
    const left = file.size - at
    const isLastButOne = left > 4 * lastBytes && left <= chunkSize.bytes + lastBytes
    return isLastButOne ? left - lastBytes : chunkSize.bytes
  }

  /** Reads, hashes and checks the chunk at `at`: while the one before it is on its way. */
  async function prepare({ front, digest }: Place, at: number): Promise<TusChunk> {
    const bytes = await reading(readBody(file, front, at, lengthAt(at)))
    hashInOrder(digest, front, at, bytes)
    const isLast = at + bytes.length === file.size
    const whole = isLast ? digestField(`sha256:${await reading(digest.hex())}`) : null
    return { bytes, checksum: crcField(bytes), digest: whole }
  }

  async function sendRest(from: Place): Promise<void> {
    let next: Promise<TusChunk> | null = null
    while (safe < file.size) {
      const chunk: TusChunk = await (next ?? prepare(from, safe))
      const end: number = safe + chunk.bytes.length
      next = end < file.size ? prepare(from, end) : null
      next?.catch(() => {}) // told when its turn comes
      sentAt = performance.now()
      const reached = await tus.patch(from.url, safe, chunk, stop.signal)
      chunkSize.sent(chunk.bytes.length, performance.now() - sentAt)
      if (reached !== end) next = null
      safe = reached
      onChange()
    }
  }

  function hashInOrder(digest: FileDigest, front: Front | null, start: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = start + done
      const range = placeInFile(file, front, at)
      const part = bytes.subarray(done, done + range.length)
      // The front is read again when its turn comes: following it now would mean to read all that lies before it.
      if (front === null || at >= front.length) digest.offer(range.offset, part)
      done += part.length
    }
  }

  function crcField(bytes: Uint8Array): string {
    const crc = options.crc32(bytes)
    return `crc32 ${btoa(String.fromCharCode(crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255))}`
  }

  async function send(): Promise<void> {
    if (place === null) {
      become({ state: 'preparing' })
      place = await findPlace()
    }
    const { offset, metadata } = await tus.head(place.url, stop.signal)
    hasAnswered = true
    if (metadata['order'] !== uploadOrder(place.front, file.size)) {
      throw new UploadFault('digest-mismatch', 'an upload of this file was begun in another order')
    }
    if (safe === 0) resumedAt = offset
    safe = offset
    become({ state: 'sending' })
    await sendRest(place)
    const recording = await asking(client.recording(place.url.split('/').at(-1)!))
    // Where the last answer was lost, nobody compared yet.
    if (recording.sha256 !== (await reading(place.digest.hex()))) {
      throw new UploadFault('digest-mismatch', 'what the server has is not this file: it changed while it was sent')
    }
    become({ state: 'published', recording, waitMs: performance.now() - sentAt })
  }

  /** Whether to try again, after which wait. */
  async function afterFault(fault: UploadFault, attempt: number): Promise<boolean> {
    if (state.state === 'paused' || fault.code === 'cancelled') return false
    const isGone = fault.status === 404 || fault.status === 410
    if (isGone && place !== null && attempt < 2) {
      // Expired, or deleted by somebody: it begins anew.
      place.digest.stop()
      place = null
      safe = 0
      return true
    }
    const isUnheard = !hasAnswered && performance.now() - openedAt > (options.firstAnswerMs ?? Number.POSITIVE_INFINITY)
    if (isUnheard || (!passing.has(fault.code) && fault.status !== 503 && fault.status < 520)) {
      become({ state: 'refused', fault })
      return false
    }
    chunkSize.failed()
    const delayMs = retryDelayMs(attempt, { mostMs: longestWaitMs })
    become({ state: 'waiting', fault, delayMs })
    await waited(delayMs, stop.signal)
    return !stop.signal.aborted
  }

  return {
    file,
    get state() {
      return state
    },
    get safe() {
      return safe
    },
    get resumedAt() {
      return resumedAt
    },

    async run() {
      stop = new AbortController()
      let attempt = 0
      for (;;) {
        const before = safe
        try {
          await send()
          return
        } catch (error) {
          const fault =
            error instanceof UploadFault
              ? error
              : new UploadFault('internal', (error as Error).message, 0, { cause: error })
          if (safe > before) attempt = 0
          if (!(await afterFault(fault, attempt++))) return
        }
      }
    },

    pause() {
      if (state.state === 'published' || state.state === 'refused') return
      become({ state: 'paused' })
      stop.abort()
    },

    resume() {
      if (state.state === 'paused' || state.state === 'refused') become({ state: 'preparing' })
    },

    async cancel() {
      const former = place
      become({ state: 'refused', fault: new UploadFault('cancelled', 'cancelled') })
      stop.abort()
      former?.digest.stop()
      if (former !== null) await tus.remove(former.url)
    },
  }
}

/** A file that can't be read is not the network's fault. */
async function reading<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (cause) {
    if (cause instanceof UploadFault) throw cause
    throw new UploadFault('unreadable', `the file can't be read: ${(cause as Error).message}`, 0, { cause })
  }
}

async function asking<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (cause) {
    if (cause instanceof ApiError) throw new UploadFault(cause.code, cause.message, cause.status, { cause })
    throw cause
  }
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
