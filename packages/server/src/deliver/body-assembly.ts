// Appends a delivery's segments to the recording's body in their order, while they come.
//
//   waiting ── the next segment is stored ──> appending ── durable ──> waiting
//      └── all listed and appended ──> complete         storage fails, lease lost ──> retaken after a while
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { mergeInits, startInit } from '@rushes/media'
import type { Body } from '../body/body.ts'
import type { Held } from '../receive/receiver.ts'
import { BodyOrder, type Placement } from './body-order.ts'
import type { FileStore } from './file-store.ts'
import type { Manifest } from './manifest.ts'
import { readBack } from './read-back.ts'

const appendBytes = 1024 * 1024

export type BodyAssemblyOptions = {
  manifest: Manifest
  files: FileStore
  isStored(name: string): boolean
  /** A segment lies in the body from now on. */
  placed(placement: Placement): void
}

export interface BodyAssembly {
  /**
   * Appends all that can be; true when every segment that the ended manifest lists is in the body.
   *
   * @throws BodyError
   */
  advance(): Promise<boolean>
}

/** The header of the body; undefined until it can be made. */
export async function bodyHeader(
  manifest: Manifest,
  files: FileStore,
  isStored: (name: string) => boolean,
): Promise<Uint8Array | undefined> {
  const representations = manifest.bodyRepresentations()
  if (manifest.ended && representations.length === 0) return new Uint8Array(0)
  // A set that may still gain its audio has no header yet: the first segment says that it is settled.
  if (!manifest.ended && !representations.some(({ segments }) => segments.length > 0)) return undefined
  if (!representations.every(({ entry }) => isStored(entry.init.name))) return undefined
  const inits = await Promise.all(representations.map(({ entry }) => readFile(files.pathOf(entry.init.name))))
  return startInit(inits.length === 1 ? inits[0]! : mergeInits(inits), manifest.bodyStart())
}

/**
 * Where the segments lie that the durable bytes of a body hold whole. The order and the sizes say it; only the last may be
 * something else, where the power went while it was written, so it is read back.
 */
export async function placedSegments(
  manifest: Manifest,
  headerBytes: number,
  path: string,
  size: number,
): Promise<{ placed: Placement[]; end: number }> {
  const order = new BodyOrder(manifest, headerBytes)
  const placed: Placement[] = []
  for (let next = order.peek(); next !== null && next.offset + next.file.size <= size; next = order.peek()) {
    placed.push(next)
    order.take()
  }
  while (placed.length > 0) {
    const last = placed.at(-1)!
    if ((await readBack(path, last.offset, last.file.size)).digest === last.file.digest) break
    placed.pop()
  }
  const last = placed.at(-1)
  return { placed, end: last === undefined ? 0 : last.offset + last.file.size }
}

/**
 * Takes up the body that `held` has. Bytes behind its last whole segment are kept where they begin the next one, else cut
 * off: the power may have gone while they were written.
 */
export async function openBodyAssembly(
  held: Held,
  header: Uint8Array,
  options: BodyAssemblyOptions,
): Promise<BodyAssembly> {
  const { manifest, files, isStored } = options
  const { placed, end } = await placedSegments(manifest, header.length, held.body.path, held.body.durable.size)
  const order = new BodyOrder(manifest, header.length)
  for (const placement of placed) {
    order.take()
    // Of a day's files all but the last few are gone already: asking the disk about each would take seconds.
    const isLeft = isStored(placement.file.name)
    options.placed(placement)
    if (isLeft) await files.remove(placement.file.name)
  }
  let { body } = held

  /** The bytes that belong at `end`. */
  async function following(): Promise<Uint8Array> {
    if (end === 0) return header
    const next = order.peek()
    return next !== null && isStored(next.file.name) ? await readFile(files.pathOf(next.file.name)) : new Uint8Array(0)
  }
  const tail = await readRange(body.path, end, body.durable.size)
  if (tail.length > 0 && !tail.equals((await following()).subarray(0, tail.length))) {
    body = await held.rewind(end, await prefixCrc(body.path, end))
  }
  if (body.durable.size < header.length) await append(body, header.subarray(body.durable.size))

  return {
    async advance() {
      for (;;) {
        const next = order.peek()
        if (next === null) return manifest.ended
        if (!isStored(next.file.name)) return false
        const bytes = await readFile(files.pathOf(next.file.name))
        await append(body, bytes.subarray(body.durable.size - next.offset))
        order.take()
        options.placed(next)
        await files.remove(next.file.name)
      }
    },
  }
}

/** @throws BodyError, as the body says it to its listener; here what became durable tells. */
async function append(body: Body, bytes: Uint8Array): Promise<void> {
  const end = body.received.size + bytes.length
  for (let at = 0; at < bytes.length; at += appendBytes) {
    const part = bytes.subarray(at, at + appendBytes)
    body.append(part, crc32(part, body.received.crc))
    await body.drained()
  }
  if (body.durable.size !== end) throw new Error('the body took less than it was given')
}

async function readRange(path: string, start: number, end: number): Promise<Buffer> {
  const parts: Buffer[] = []
  if (end > start)
    for await (const chunk of createReadStream(path, { start, end: end - 1 })) parts.push(chunk as Buffer)
  return Buffer.concat(parts)
}

async function prefixCrc(path: string, size: number): Promise<number> {
  let crc = 0
  if (size > 0) {
    for await (const chunk of createReadStream(path, { end: size - 1 })) crc = crc32(chunk as Buffer, crc)
  }
  return crc
}
