// An archive of another system on its way to the server, which converts it when it is there.
//
//   preparing ── found or made on the server ──> sending ── all safe ──> sent
//       ^                                          │  └── refused by the server, or unreadable ──> refused
//       └─────── waiting, after a while ── no answer       pause ──> paused ── run ──> preparing
import { type ApiClient, ApiError, type Crc32, retryDelayMs } from '@rushes/protocol'
import { ChunkSize } from './chunk-size.ts'
import type { SourceFile } from './source-file.ts'
import { archivesPath, type TusClient } from './tus-client.ts'
import { UploadFault } from './upload-fault.ts'

export type ArchiveUploadState =
  | { state: 'preparing' }
  | { state: 'sending' }
  /** The server does not answer; it is asked again after `delayMs`. */
  | { state: 'waiting'; fault: UploadFault; delayMs: number }
  | { state: 'paused' }
  | { state: 'sent' }
  | { state: 'refused'; fault: UploadFault }

export type ArchiveUploadOptions = {
  file: SourceFile
  /** What it is known by when it goes on after both sides forgot it. */
  fingerprint: string
  /** `ask`: it becomes a recording when somebody says so. */
  keep: 'now' | 'ask'
  client: Pick<ApiClient, 'imports'>
  /** Below {@link archivesPath}. */
  tus: TusClient
  crc32: Crc32
  /** Called after each change of the state, and when more is safe. */
  onChange(): void
}

export interface ArchiveUpload {
  readonly file: SourceFile
  readonly state: ArchiveUploadState
  /** Bytes that the server has. */
  readonly safe: number
  /** On the server; null until it is known there. */
  readonly id: string | null
  /** Sends until it is there, refused or paused. */
  run(): Promise<void>
  pause(): void
  /** Stops, and removes from the server what is there of it. */
  cancel(): Promise<void>
}

const longestWaitMs = 15_000
/** Codes after which the same request may succeed. */
const passing = new Set(['unreachable', 'checksum-mismatch', 'offset-conflict', 'bad-answer'])

export function openArchiveUpload(options: ArchiveUploadOptions): ArchiveUpload {
  const { file, tus, onChange } = options
  let state: ArchiveUploadState = { state: 'preparing' }
  let safe = 0
  let url: string | null = null
  let stop = new AbortController()
  const chunkSize = new ChunkSize()

  function become(next: ArchiveUploadState): void {
    state = next
    onChange()
  }

  async function find(): Promise<string> {
    const { fingerprint, keep, client } = options
    const known = (await asking(client.imports())).find(
      (one) => one.state === 'receiving' && one.fingerprint === fingerprint && one.size === file.size,
    )
    if (known !== undefined) return `${archivesPath}/${known.id}`
    return await tus.create(file.size, { filename: file.name.slice(-500), fingerprint, keep }, stop.signal)
  }

  async function send(): Promise<void> {
    if (url === null) url = await find()
    safe = (await tus.head(url, stop.signal)).offset
    become({ state: 'sending' })
    // The next chunk is read while one is on its way.
    let next: Promise<Uint8Array<ArrayBuffer>> | null = null
    while (safe < file.size) {
      const bytes: Uint8Array<ArrayBuffer> = await (next ?? read(safe))
      const end: number = safe + bytes.length
      next = end < file.size ? read(end) : null
      next?.catch(() => {}) // told when its turn comes
      const sentAt = performance.now()
      const chunk = { bytes, checksum: crcField(bytes), digest: null }
      const reached: number = await tus.patch(url, safe, chunk, stop.signal)
      chunkSize.sent(bytes.length, performance.now() - sentAt)
      if (reached !== end) next = null
      safe = reached
      onChange()
    }
    become({ state: 'sent' })
  }

  async function read(at: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const bytes = await file.read(at, Math.min(chunkSize.bytes, file.size - at))
      if (bytes.length > 0) return bytes
    } catch (cause) {
      throw new UploadFault('unreadable', `it can't be read: ${(cause as Error).message}`, 0, { cause })
    }
    throw new UploadFault('unreadable', 'it is shorter than it was')
  }

  function crcField(bytes: Uint8Array): string {
    const crc = options.crc32(bytes)
    return `crc32 ${btoa(String.fromCharCode(crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255))}`
  }

  /** Whether to try again, after a while. */
  async function afterFault(fault: UploadFault, attempt: number): Promise<boolean> {
    if (state.state === 'paused' || fault.code === 'cancelled') return false
    const mayPass = passing.has(fault.code) || fault.status === 503 || fault.status >= 520
    if (!mayPass) {
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
    get id() {
      return url?.split('/').at(-1) ?? null
    },

    async run() {
      stop = new AbortController()
      become({ state: 'preparing' })
      for (let attempt = 0; ; attempt++) {
        const before = safe
        try {
          return await send()
        } catch (error) {
          const fault = error instanceof UploadFault ? error : new UploadFault('internal', (error as Error).message)
          if (safe > before) attempt = 0
          if (!(await afterFault(fault, attempt))) return
        }
      }
    },

    pause() {
      if (state.state === 'sent' || state.state === 'refused') return
      become({ state: 'paused' })
      stop.abort()
    },

    async cancel() {
      become({ state: 'refused', fault: new UploadFault('cancelled', 'cancelled') })
      stop.abort()
      if (url !== null) await tus.remove(url)
    },
  }
}

async function asking<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause
    throw new UploadFault(cause.code, cause.message, cause.status, { cause })
  }
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
