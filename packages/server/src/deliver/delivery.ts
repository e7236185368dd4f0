// One delivery: its manifest, the files that are here, and what becomes of them.
//
//   live ── end listed ──> ended ── every file proved, body whole ──> delivered
//     └── deleted, or published by its owner as far as it came ──> closed (files still come in)
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { DeliveryCertificate, DeliveryManifest, DeliveryState, ListedFile, ManifestEntry } from '@rushes/protocol'
import type { RecordingId } from '../catalog/identifiers.ts'
import type { Held } from '../receive/receiver.ts'
import { type BodyAssembly, bodyHeader, openBodyAssembly, placedSegments } from './body-assembly.ts'
import { DeliveryError } from './delivery-error.ts'
import type { FileStore } from './file-store.ts'
import type { Manifest } from './manifest.ts'
import { type ReadBack, readBack } from './read-back.ts'

/** Where a file's bytes are. */
export type FilePlace = { path: string; offset: number; size: number; digest: string }

export interface Delivery {
  readonly id: RecordingId
  readonly title: string
  readonly manifest: Manifest
  readonly state: DeliveryState
  /** Rises with every change of what is listed or here. */
  readonly revision: number
  /** Since the last such change, or since it was opened. */
  readonly silentMs: number
  /** Listed files that are here. */
  readonly arrived: { readonly files: number; readonly bytes: number }
  /** M1, M2. @throws DeliveryError */
  append(from: number, entries: readonly ManifestEntry[]): Promise<number>
  /** M4, at most `limit` entries. */
  describe(from: number, limit: number): DeliveryManifest
  /** Settles when there is an entry `from` or a later state, or when `signal` aborts. */
  changed(from: number, signal: AbortSignal): Promise<void>
  /** F4: what came of a file that is not whole. */
  received(name: string): Promise<number>
  /** F1–F4. Null: a part, and more has to follow. @throws DeliveryError, BodyError */
  receive(name: string, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<ReadBack | null>
  place(name: string): FilePlace | undefined
  /** Opens a stored file, wherever it is moved meanwhile; undefined: it is not here. */
  open(name: string): Promise<(FilePlace & { handle: FileHandle }) | undefined>
  /** F5: reads a stored file back. */
  prove(name: string): Promise<ReadBack | undefined>
  /** Segments of a representation that are here without one missing before them. */
  playable(representation: string): number
  certificate(): DeliveryCertificate | null
  close(): Promise<void>
}

export type DeliveryOptions = {
  id: RecordingId
  title: string
  manifest: Manifest
  files: FileStore
  bodyPath: string
  /** Of the body, when the recording is published already. */
  publishedSize: number | null
  certificate: DeliveryCertificate | null
  appendEntries(from: number, entries: readonly ManifestEntry[]): Promise<void>
  /** Takes the lease of the body; undefined: it takes no more. */
  hold(onLost: (reason: 'fenced' | 'failed') => void): Promise<Held | undefined>
  issue(files: readonly ListedFile[]): Promise<DeliveryCertificate>
  log: { warn(details: object, message: string): void; info(details: object, message: string): void }
}

const retryMs = 2000

export async function openDelivery(options: DeliveryOptions): Promise<Delivery> {
  const { id, manifest, files, log } = options
  const stored = await storedFiles(manifest, files)
  const inBody = new Map<string, number>()
  const playable = new Map<string, number>()
  const receiving = new Map<string, { controller: AbortController; done: Promise<void> }>()
  let { certificate } = options
  let bodyTaken = options.publishedSize === null
  let closed = false
  let revision = 0
  let changedAt = performance.now()
  const arrived = { files: 0, bytes: 0 }
  let turn: Promise<unknown> = Promise.resolve()
  let wake = Promise.withResolvers<void>()

  const isStored = (name: string): boolean => stored.has(name)
  const isHere = (name: string): boolean => stored.has(name) || inBody.has(name)

  function woken(): void {
    wake.resolve()
    wake = Promise.withResolvers()
  }

  function changed(): void {
    revision++
    changedAt = performance.now()
    woken()
  }

  function countArrived(file: ListedFile | undefined): void {
    if (file === undefined) return
    arrived.files++
    arrived.bytes += file.size
  }

  /** M5: it counts no more, whether it is here, or on its way. */
  async function discard(file: ListedFile): Promise<void> {
    const request = receiving.get(file.name)
    request?.controller.abort(withdrawal(file.name))
    await request?.done
    if (stored.delete(file.name)) {
      arrived.files--
      arrived.bytes -= file.size
    }
    await files.discard(file.name)
  }

  function bodyOptions() {
    return {
      manifest,
      files,
      isStored,
      placed({ file, offset }: { file: ListedFile; offset: number }) {
        if (!isHere(file.name)) countArrived(file)
        inBody.set(file.name, offset)
        stored.delete(file.name)
      },
    }
  }

  function countPlayable(name: string): number {
    const { segments, withdrawn } = manifest.representations.get(name) ?? { segments: [], withdrawn: new Set() }
    let count = playable.get(name) ?? 0
    while (count < segments.length && (withdrawn.has(count) || isHere(segments[count]!.file.name))) count++
    playable.set(name, count)
    return count
  }

  /** Appends to the body and ends the delivery; runs as long as the delivery is open. */
  async function work(): Promise<void> {
    while (!closed && certificate === null) {
      const seen = wake.promise
      try {
        if (bodyTaken) await assemble()
        else if (await finished()) break
        else if (!closed) await seen
      } catch (error) {
        log.warn({ id, error }, 'a delivery has to wait; trying again')
        await Promise.race([new Promise((resolve) => setTimeout(resolve, retryMs).unref()), closing.promise])
      }
    }
  }

  /** Holds the body until it is published, or somebody else has it. */
  async function assemble(): Promise<void> {
    const lost = Promise.withResolvers<'fenced' | 'failed'>()
    const header = await waitFor(() => bodyHeader(manifest, files, isStored), lost.promise)
    if (header === undefined) return
    const held = await options.hold(lost.resolve)
    if (held === undefined) {
      bodyTaken = false
      return
    }
    try {
      const assembly: BodyAssembly = await openBodyAssembly(held, header, bodyOptions())
      const whole = await waitFor(async () => {
        const done = await assembly.advance()
        return done && allHere() ? true : undefined
      }, lost.promise)
      if (whole === true) {
        await held.publish()
        bodyTaken = false
        await finished()
      }
    } finally {
      held.release()
    }
  }

  /** Tries after every change; undefined when the delivery is closed or its body lost before. */
  async function waitFor<Value>(
    attempt: () => Promise<Value | undefined>,
    lost: Promise<unknown>,
  ): Promise<Value | undefined> {
    let isLost = false
    void lost.then(() => {
      isLost = true
      woken()
    })
    for (;;) {
      const seen = wake.promise
      if (closed || isLost) return undefined
      const value = await attempt()
      if (value !== undefined) return value
      // One promise, renewed with every change: a race with one that outlives it would keep something of each turn for ever.
      await seen
    }
  }

  function allHere(): boolean {
    if (!manifest.ended) return false
    for (const name of manifest.files.keys()) if (!isHere(name)) return false
    return true
  }

  async function finished(): Promise<boolean> {
    if (!allHere()) return false
    certificate ??= await options.issue([...manifest.files.values()])
    changed()
    return true
  }

  /** Of what is moved into the body in between, it is done again. */
  async function whereItIs<Value>(
    name: string,
    work: (place: FilePlace) => Promise<Value>,
  ): Promise<Value | undefined> {
    for (;;) {
      const place = delivery.place(name)
      if (place === undefined) return undefined
      try {
        return await work(place)
      } catch (error) {
        if (delivery.place(name)?.path === place.path) throw error
      }
    }
  }

  const closing = Promise.withResolvers<void>()
  for (const name of stored) countArrived(manifest.files.get(name))
  // What lies in the body is there from now on, also while nobody has taken it up yet.
  const header = await bodyHeader(manifest, files, isStored)
  if (header !== undefined) {
    const size = options.publishedSize ?? (await sizeOf(options.bodyPath))
    const { placed } = await placedSegments(manifest, header.length, options.bodyPath, size)
    for (const { file, offset } of placed) {
      if (!isHere(file.name)) countArrived(file)
      inBody.set(file.name, offset)
    }
  }
  const working = work()

  const delivery: Delivery = {
    id,
    title: options.title,
    manifest,

    get revision() {
      return revision
    },
    get silentMs() {
      return performance.now() - changedAt
    },
    arrived,

    get state() {
      if (certificate !== null) return 'delivered'
      return manifest.ended ? 'ended' : 'live'
    },

    append(from, entries) {
      const task = turn.then(async () => {
        const { length } = manifest.entries
        if (from > length) throw new DeliveryError('manifest-gap', `${length} entries are here`, length)
        for (const [index, entry] of entries.slice(0, length - from).entries()) {
          if (JSON.stringify(manifest.entries[from + index]) !== JSON.stringify(entry)) {
            throw new DeliveryError('manifest-conflict', `entry ${from + index} is another one here`)
          }
        }
        const added = entries.slice(Math.max(length - from, 0))
        try {
          for (const entry of added) manifest.append(entry)
          if (added.length > 0) await options.appendEntries(length, added)
        } catch (error) {
          while (manifest.entries.length > length) manifest.removeLast()
          throw error
        }
        for (const entry of added) if (entry.type === 'withdrawn') await discard(manifest.withdrawnFile(entry))
        if (added.length > 0) changed()
        return manifest.entries.length
      })
      turn = task.catch(() => {})
      return task
    },

    describe(from, limit) {
      const entries = manifest.entries.slice(from, from + limit)
      return { id, title: options.title, state: delivery.state, next: manifest.entries.length, from, entries }
    },

    async changed(from, signal) {
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      const { state } = delivery
      while (!signal.aborted && !closed && manifest.entries.length <= from && delivery.state === state) {
        await Promise.race([wake.promise, aborted])
      }
    },

    received: (name) => files.received(name),

    async receive(name, offset, bytes) {
      const file = manifest.files.get(name)
      if (file === undefined) throw withdrawal(name)
      // A sender that came back after its connection died sends the same file: the newer request counts.
      const former = receiving.get(name)
      former?.controller.abort(new DeliveryError('superseded', 'another request sends this file'))
      const { promise, resolve } = Promise.withResolvers<void>()
      const mine = { controller: new AbortController(), done: promise }
      receiving.set(name, mine)
      try {
        await former?.done
        if (!manifest.files.has(name)) throw withdrawal(name)
        if (isHere(name)) return (await delivery.prove(name))!
        const result = await files.receive(file, offset, abortable(bytes, mine.controller.signal))
        if (result !== null) {
          if (!isHere(name)) countArrived(file)
          stored.add(name)
          changed()
        }
        return result
      } finally {
        resolve()
        if (receiving.get(name) === mine) receiving.delete(name)
      }
    },

    place(name) {
      const file = manifest.files.get(name)
      if (file === undefined) return undefined
      const { size, digest } = file
      const offset = inBody.get(name)
      if (offset !== undefined) return { path: options.bodyPath, offset, size, digest }
      return stored.has(name) ? { path: files.pathOf(name), offset: 0, size, digest } : undefined
    },

    prove: (name) => whereItIs(name, ({ path, offset, size }) => readBack(path, offset, size)),
    open: (name) => whereItIs(name, async (place) => ({ ...place, handle: await open(place.path) })),

    playable: countPlayable,
    certificate: () => certificate,

    async close() {
      closed = true
      closing.resolve()
      changed()
      for (const { controller } of receiving.values()) controller.abort(new Error('closing'))
      await working
    },
  }
  return delivery
}

/** 0 where there is no file. */
async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0
}

function withdrawal(name: string): DeliveryError {
  return new DeliveryError('not-in-manifest', `no entry lists ${name}, or it was withdrawn`)
}

/** Names of what lies here; what was withdrawn goes, if the process ended before it did. */
async function storedFiles(manifest: Manifest, files: FileStore): Promise<Set<string>> {
  const stored = new Set(await files.names())
  for (const { segments, withdrawn } of manifest.representations.values()) {
    for (const sequence of withdrawn) {
      const { name } = segments[sequence]!.file
      if (stored.delete(name)) await files.discard(name)
    }
  }
  return stored
}

async function* abortable(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  aborted.catch(() => {})
  const iterator = bytes[Symbol.asyncIterator]()
  try {
    for (;;) {
      if (signal.aborted) throw signal.reason
      const next = await Promise.race([iterator.next(), aborted])
      if (next.done === true) return
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}
