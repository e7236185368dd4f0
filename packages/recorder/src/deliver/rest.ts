// What is left of a body when its beginning was delivered and let go: the head, then media from a place where a player
// can begin.
import { mediaStart } from '../encode/body-head.ts'
import type { DurableSpool } from '../spool/durable-spool.ts'

const stepBytes = 1024 * 1024
/** A media start is recognised by at most this many bytes; windows overlap by it. */
const overlapBytes = 16

/**
 * Where to go on after `offset`: the last media start at or before it that is still held (a fragment that was cut short
 * is sent again, whole), else the first one after it. Null where none has come yet.
 */
export async function findCut(spool: DurableSpool, offset: number): Promise<number | null> {
  const from = Math.max(spool.start, spool.meta.headBytes)
  let best: number | null = null
  for (let at = from; at < spool.size; ) {
    const bytes = await readFully(spool, at, stepBytes)
    for (let found = mediaStart(bytes, 0); found !== null; found = mediaStart(bytes, found + 1)) {
      if (at + found > offset) return best ?? at + found
      best = at + found
    }
    if (best !== null && at + bytes.length > offset) return best
    if (bytes.length <= overlapBytes) break
    at += bytes.length < stepBytes ? bytes.length : bytes.length - overlapBytes
  }
  return best
}

/** As one file: everything, or head and rest. */
export async function bodyFile(spool: DurableSpool): Promise<Blob> {
  const { headBytes, contentType } = spool.meta
  const parts: BlobPart[] = []
  let from = 0
  if (spool.start > 0) {
    from = (await findCut(spool, spool.start)) ?? spool.size
    if (headBytes > 0) parts.push((await readFully(spool, 0, headBytes)) as Uint8Array<ArrayBuffer>)
  }
  for (let at = from; at < spool.size; ) {
    const bytes = await spool.read(at, stepBytes)
    if (bytes.length === 0) break
    parts.push(new Blob([bytes as Uint8Array<ArrayBuffer>])) // the browser keeps these on disk when they are many
    at += bytes.length
  }
  return new Blob(parts, { type: contentType })
}

async function readFully(spool: DurableSpool, offset: number, length: number): Promise<Uint8Array> {
  const out = new Uint8Array(Math.max(0, Math.min(length, spool.size - offset)))
  let filled = 0
  while (filled < out.length) {
    const bytes = await spool.read(offset + filled, out.length - filled)
    if (bytes.length === 0) break
    out.set(bytes, filled)
    filled += bytes.length
  }
  return out.subarray(0, filled)
}
