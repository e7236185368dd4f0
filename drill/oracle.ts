// What has to be true after every fault, judged from outside: by the witness log, the bytes on disk, the rows of the
// database, and what ffmpeg decodes from the published files.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { eventText, type RecordingView } from '@rushes/protocol'
import pg from 'pg'
import { lastRelied, readAcknowledgementLog } from './acknowledgement-log.ts'
import { drillEvents } from './drill-spool.ts'
import { type InputMedia, sha256, videoFrames } from './input-media.ts'
import type { ServerProcess } from './server-process.ts'

/** A recording that the drill sent, or is sending. */
export type SentRecording = { id: string; token: string; url: string; input: InputMedia; folder: string }

export type Verdict = { acknowledgedBytes: number; lostBytes: number; problems: string[] }

/** What to make allowance for. */
export type Judging = {
  /** Counts only so many records: a power cut owes nothing of what was acknowledged after it. */
  until?: number
  damagedTail?: boolean
  /** What was heard on the wire proves nothing; what the sender relied on does. */
  alteredOnTheWay?: boolean
}

export function storedBody(blobsDir: string, id: string): string {
  return join(blobsDir, 'recordings', id, 'body')
}

/**
 * Every byte that was acknowledged is in the stored body, and the receiver never said that more was there than is. Needs
 * no server: the same question after a kill, on a copy of the disk, or while all runs.
 *
 * Welcomes whose chain was never sent are only looked over where the tail may have been damaged before it was synced (R2).
 */
export async function judgeStored(blobsDir: string, recording: SentRecording, how: Judging = {}): Promise<Verdict> {
  const witnesses = readAcknowledgementLog(join(recording.folder, 'witness')).slice(0, how.until)
  const problems: string[] = []
  const note = (problem: string) => problems.push(`${recording.id}: ${problem}`)
  const body = await readFile(storedBody(blobsDir, recording.id)).catch(() => Buffer.alloc(0))
  const { bytes } = recording.input
  const relied = lastRelied(witnesses).offset
  const chains = chainsAt(
    bytes,
    witnesses.map(({ offset }) => offset),
  )
  let told = 0
  for (const { kind, offset, crc } of witnesses) {
    if (kind === 'violation') note(`was asked for byte ${offset}, which had been acknowledged`)
    if (kind === 'published' || kind === 'violation') continue
    if (how.alteredOnTheWay === true && kind !== 'relied') continue
    if (chains.get(offset) !== crc) {
      if (how.damagedTail === true && kind === 'welcome') continue
      note(`${kind} of ${offset} with a chain that was never sent`)
    }
    if (kind === 'welcome' && offset < told) note(`welcomed at ${offset} after ${told} had been acknowledged`)
    told = Math.max(told, offset)
  }
  if (told > body.length) note(`${told} bytes were called safe, ${body.length} are stored`)
  const promised = Math.max(told, relied)
  const same = commonLength(body, bytes, promised)
  if (same < promised) note(`of ${promised} acknowledged bytes, ${describeDamage(body, bytes, same, promised)}`)
  return { acknowledgedBytes: promised, lostBytes: promised - same, problems }
}

/** The chain at each of `offsets`, in one pass over the bytes. */
function chainsAt(bytes: Buffer, offsets: readonly number[]): Map<number, number> {
  const chains = new Map<number, number>()
  let at = 0
  let chain = 0
  for (const offset of [...new Set(offsets)].sort((one, other) => one - other)) {
    chain = crc32(bytes.subarray(at, offset), chain)
    at = offset
    chains.set(offset, chain)
  }
  return chains
}

/** Where stored and sent part, in runs: zeros mean that something was never written, other bytes that it was overwritten. */
function describeDamage(stored: Buffer, sent: Buffer, from: number, to: number): string {
  const runs: string[] = []
  for (let at = from; at < to && runs.length < 6; ) {
    while (at < to && stored[at] === sent[at]) at++
    const start = at
    let equal = 0
    for (; at < to && equal < 64; at++) equal = stored[at] === sent[at] ? equal + 1 : 0
    const end = at - equal
    if (end <= start) continue
    const run = stored.subarray(start, end)
    const what = start >= stored.length ? 'missing' : run.every((byte) => byte === 0) ? 'zeros' : 'other bytes'
    runs.push(`${start} to ${end} ${what}`)
  }
  return runs.join(', ')
}

function commonLength(stored: Buffer, sent: Buffer, limit: number): number {
  const end = Math.min(stored.length, sent.length, limit)
  if (stored.subarray(0, end).equals(sent.subarray(0, end))) return end
  for (let at = 0; at < end; at++) if (stored[at] !== sent[at]) return at
  return end
}

/**
 * Whether `frames` are what a body shows that ends at some sample: all of its pictures up to the last few, of which those
 * may be missing that are stored after a picture which is shown later (B-frames; H.264 reorders 16 at most).
 */
function beginsAs(frames: readonly string[], whole: readonly string[]): boolean {
  const reordered = 16
  const certain = Math.max(frames.length - reordered, 0)
  if (frames.slice(0, certain).join() !== whole.slice(0, certain).join()) return false
  let at = certain
  for (const frame of frames.slice(certain)) {
    const found = whole.indexOf(frame, at)
    if (found < 0 || found >= frames.length + reordered) return false
    at = found + 1
  }
  return true
}

/** The published file is what was sent: the same bytes, and every view decodes to the same pictures. */
export async function judgePublished(view: RecordingView, recording: SentRecording, part = false): Promise<string[]> {
  const { input } = recording
  const problems: string[] = []
  const sent = part ? input.bytes.subarray(0, view.bytes) : input.bytes
  if (view.bytes !== sent.length) problems.push(`published with ${view.bytes} of ${sent.length} bytes`)
  if (view.sha256 !== sha256(sent)) problems.push('published with another digest than was sent')
  const urls = [view.mp4Url, view.webmUrl].filter((url) => url !== null)
  if (urls.length === 0) problems.push('published without a file')
  for (const url of urls) {
    try {
      const frames = await videoFrames(url)
      if (frames.length === 0 || !(part ? beginsAs(frames, input.frames) : frames.join() === input.frames.join())) {
        problems.push(
          `${url.split('/').at(-1)} has ${frames.length} frames, not the ${input.frames.length} that were sent`,
        )
      }
    } catch (error) {
      problems.push(`${url.split('/').at(-1)} does not decode: ${String(error).slice(0, 200)}`)
    }
  }
  return problems.map((problem) => `${recording.id}: ${problem}`)
}

type Row = { id: string; state: string; size: string | null; deleted: boolean }

/** A Postgres that was killed a moment ago refuses connections until it has replayed its log. */
async function connectPatiently(server: ServerProcess): Promise<pg.Client> {
  const until = performance.now() + 30_000
  for (;;) {
    const client = new pg.Client({ host: join(server.dataDir, 'postgres'), user: 'rushes', database: 'rushes' })
    try {
      await client.connect()
      return client
    } catch (error) {
      if (performance.now() > until) throw error
      await sleep(100)
    }
  }
}

/** Every event that was noted is in the timeline of the published recording, once, as it was. */
export async function judgeEvents(server: ServerProcess, { id, folder }: SentRecording): Promise<string[]> {
  const stored: string[] = []
  for (let from: number | null = 0; from !== null; ) {
    const page = await server.client.timeline(id, from)
    stored.push(...page.events.map(eventText))
    from = page.next
  }
  const noted = drillEvents(folder)
  const wrong = noted.findIndex((text, number) => stored[number] !== text)
  if (wrong < 0 && stored.length === noted.length) return []
  return [`${id}: ${noted.length} events were noted, ${stored.length} are stored, the first that differs is ${wrong}`]
}

/** No row without its body, no folder without its row. */
export async function judgeCatalog(server: ServerProcess): Promise<string[]> {
  const problems: string[] = []
  const client = await connectPatiently(server)
  let rows: Row[]
  try {
    rows = (await client.query<Row>('select id, state, size, deleted_at is not null as deleted from recordings')).rows
  } finally {
    await client.end()
  }
  const known = new Map(rows.map((row) => [row.id, row]))
  for (const { id, state, size, deleted } of rows) {
    if (deleted || state !== 'published') continue
    const stored = await stat(storedBody(server.blobsDir, id)).catch(() => null)
    if (stored === null) problems.push(`${id}: a published row without a body`)
    else if (stored.size !== Number(size)) problems.push(`${id}: ${stored.size} bytes stored, ${size} published`)
  }
  for (const id of await readdir(join(server.blobsDir, 'recordings'))) {
    if (!known.has(id)) problems.push(`${id}: a folder without a row`)
  }
  return problems
}
