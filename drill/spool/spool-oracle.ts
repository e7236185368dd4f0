// What has to be true of a spool after every fault, judged by what was witnessed, by the bytes on its disk and by the server.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSpool, readSpool, SpoolError, verifyCertificate } from '@rushes/encoder'
import {
  type DeliveryManifest,
  deliveryCertificate,
  deliveryManifest,
  type ListedFile,
  type ManifestEntry,
} from '@rushes/protocol'

/** The delivery as the server has it. */
export type DeliveryAtServer = { url: string; id: string; key: string }

export type SpoolVerdict = { listedBytes: number; lostBytes: number; problems: string[] }

/** Entries of which `list` had returned; those of a line that was not finished don't count. */
export function readWitness(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
}

/** Everything of which `list` had returned. */
export async function serverManifest({ url, id, key }: DeliveryAtServer): Promise<ManifestEntry[]> {
  const entries: ManifestEntry[] = []
  for (;;) {
    const response = await fetch(`${url}/api/v1/deliveries/${id}/manifest?from=${entries.length}`, {
      headers: { authorization: `Bearer ${key}` },
    })
    if (response.status === 404) return []
    const page: DeliveryManifest = deliveryManifest.parse(await response.json())
    entries.push(...page.entries)
    if (page.entries.length === 0) return entries
  }
}

/**
 * Right after a cut, before anything goes on: what was listed is there, every file that is still to be sent is whole, what
 * is gone was proved by the server first, and what the server heard of the manifest is how the spool still has it.
 *
 * The witness is brought up to what the spool has: an entry may have been listed that nobody could witness any more.
 */
export async function judgeSpool(
  folder: string,
  witnessPath: string,
  server: DeliveryAtServer,
  known: readonly string[],
  proved: Set<string>,
): Promise<SpoolVerdict> {
  const verdict: SpoolVerdict = { listedBytes: 0, lostBytes: 0, problems: [] }
  const heard = await serverManifest(server)
  const spool = await openSpool(folder).catch((error: unknown) => {
    if (error instanceof SpoolError && error.code === 'no-spool') return null
    throw error
  })
  if (spool === null) {
    if (known.length + heard.length > 0) verdict.problems.push(`${known.length} entries were listed, no spool is there`)
    return verdict
  }
  try {
    const entries = spool.entries(0, 1_000_000)
    const has = entries.map((entry) => JSON.stringify(entry))
    const firstLost = known.findIndex((entry, number) => has[number] !== entry)
    if (firstLost >= 0) {
      verdict.problems.push(`of ${known.length} listed entries, number ${firstLost} is ${has[firstLost] ?? 'missing'}`)
    }
    const conflict = heard.findIndex((entry, number) => !isSame(entry, entries[number]))
    if (conflict >= 0) {
      verdict.problems.push(
        `the server has entry ${conflict} of ${heard.length}; here it is ${has[conflict] ?? 'missing'}`,
      )
    }
    const pending = new Set(spool.pending('oldest', 1_000_000, new Set()).map(({ name }) => name))
    for (const file of spool.listedFiles()) {
      verdict.listedBytes += file.size
      const problem = await judgeFile(spool.files.pathOf(file.name), file, pending.has(file.name), server, proved)
      if (problem === null) continue
      verdict.lostBytes += file.size
      verdict.problems.push(problem)
    }
    writeFileSync(witnessPath, has.map((entry) => `${entry}\n`).join(''))
    return verdict
  } finally {
    spool.close()
  }
}

async function judgeFile(
  path: string,
  file: ListedFile,
  isPending: boolean,
  server: DeliveryAtServer,
  proved: Set<string>,
): Promise<string | null> {
  if (existsSync(path)) {
    const bytes = readFileSync(path)
    if (digestOf(bytes) === file.digest) return null
    return `${file.name} has ${bytes.length} of ${file.size} bytes, or others, ${isPending ? 'and waits' : 'delivered'}`
  }
  if (isPending) return `${file.name} is listed, was not delivered, and is gone`
  if (proved.has(file.name)) return null
  const digest = await storedDigest(server, file.name)
  if (digest !== file.digest) return `${file.name} was deleted; the server has ${digest}`
  proved.add(file.name)
  return null
}

/** Beside the encoder, while nothing can be delivered: what waits lies there, whole. */
export async function judgeWaiting(folder: string): Promise<string[]> {
  const spool = await readSpool(folder)
  try {
    return spool.pending('oldest', 1_000_000, new Set()).flatMap(({ name, digest }) => {
      const path = spool.files.pathOf(name)
      if (!existsSync(path)) return [`${name} waits, and is gone`]
      return digestOf(readFileSync(path)) === digest ? [] : [`${name} waits, and is damaged`]
    })
  } finally {
    spool.close()
  }
}

/** Where a representation has no media between two of its segments, a gap of its set has to say so. */
export async function judgeHoles(folder: string): Promise<{ problems: string[]; lostMs: number }> {
  const spool = await readSpool(folder)
  const entries = spool.entries(0, 1_000_000)
  spool.close()
  const gaps = entries.filter((entry) => entry.type === 'gap')
  const problems: string[] = []
  let lostMs = 0
  const toleranceMs = 60
  for (const line of entries) {
    if (line.type !== 'representation') continue
    const segments = entries
      .filter((entry) => entry.type === 'segment')
      .filter((each) => each.representation === line.id)
    for (const [index, next] of segments.slice(1).entries()) {
      const last = segments[index]!
      const holeMs = ((next.start - last.start - last.duration) * 1000) / line.timescale
      if (holeMs <= toleranceMs) continue
      const to = Date.parse(next.wallClock)
      const isTold = gaps.some(
        (gap) =>
          gap.set === line.set &&
          Date.parse(gap.from) <= to - holeMs + toleranceMs &&
          Date.parse(gap.to) >= to - toleranceMs,
      )
      if (line.kind === 'video') lostMs += holeMs
      if (!isTold) problems.push(`${line.id}: ${Math.round(holeMs)} ms before ${next.wallClock} that no gap tells`)
    }
  }
  return { problems, lostMs }
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

async function storedDigest({ url, id, key }: DeliveryAtServer, name: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/deliveries/${id}/${name}/digest`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const { digest } = (await response.json()) as { digest?: string }
  return digest ?? `no file (${response.status})`
}

/** At the end: certified, the certificate true, the server's manifest the spool's own, and nothing wrong was ever sent. */
export async function judgeDelivered(
  folder: string,
  certificatePath: string,
  server: DeliveryAtServer,
): Promise<{ problems: string[]; files: number; gaps: number; segments: Map<string, number> }> {
  const spool = await openSpool(folder)
  try {
    const certificate = deliveryCertificate.parse(JSON.parse(readFileSync(certificatePath, 'utf8')))
    const { problems, files } = await verifyCertificate(spool, certificate, null)
    const entries = spool.entries(0, 1_000_000)
    const heard = await serverManifest(server)
    const conflict = entries.findIndex((entry, number) => !isSame(heard[number], entry))
    if (conflict >= 0 || heard.length !== entries.length) {
      problems.push(
        `the server's manifest has ${heard.length} entries, the spool's ${entries.length}; ${conflict} differs`,
      )
    }
    for (const file of spool.listedFiles()) {
      const digest = await storedDigest(server, file.name)
      if (digest !== file.digest) problems.push(`${file.name}: the server has ${digest}`)
    }
    problems.push(...wrongRefusals(folder))
    const segments = new Map<string, number>()
    for (const entry of entries) {
      if (entry.type !== 'segment') continue
      segments.set(entry.representation, (segments.get(entry.representation) ?? 0) + 1)
    }
    return { problems, files, gaps: entries.filter(({ type }) => type === 'gap').length, segments }
  } finally {
    spool.close()
  }
}

/** Refusals that say that something was sent which was not what the entry says. */
function wrongRefusals(folder: string): string[] {
  const database = new DatabaseSync(join(folder, 'spool.sqlite'))
  const rows = database.prepare('select name, code, message from refusals').all() as Record<string, string>[]
  database.close()
  const wrong = ['digest-mismatch', 'manifest-conflict', 'not-in-manifest', 'bad-range', 'length-required']
  return rows
    .filter(({ code }) => wrong.includes(code!))
    .map(({ name, code, message }) => `${name} was refused: ${code}, ${message}`)
}

/** The server parses entries and writes them anew, in its order of keys. */
function isSame(one: ManifestEntry | undefined, other: ManifestEntry | undefined): boolean {
  const canonical = (value: unknown): unknown =>
    typeof value !== 'object' || value === null
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, each]) => [key, canonical(each)]),
        )
  return JSON.stringify(canonical(one)) === JSON.stringify(canonical(other))
}
