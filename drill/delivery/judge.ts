// What has to be true of a delivery in the end, judged from outside: by what the encoder called listed, the bytes that the
// server reads back, the certificate, and what ffmpeg decodes at the far end.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DecodeResult } from '@rushes/decoder'
import { certificateName, readSpool, type Spool, verifyCertificate } from '@rushes/encoder'
import { deliveryCertificate, storedFile } from '@rushes/protocol'
import { videoFrames } from '../input-media.ts'
import { serverKey } from '../server-process.ts'
import type { DecoderProcess } from './decoder-process.ts'
import type { Site } from './site.ts'

/** Bytes of files over all; every byte of a file whose stored bytes are not those that were listed counts as lost. */
export type DeliveryVerdict = { files: number; bytes: number; lostBytes: number; problems: string[] }

export type Encoded = { folder: string; listed: ReadonlyMap<string, string> }

/** Everything that was listed is in the spool, everything in the spool lies at the server, proved by reading it there. */
export async function judgeDelivery(site: Site, { folder, listed }: Encoded): Promise<DeliveryVerdict> {
  const spool = await readSpool(folder)
  try {
    const { id } = spool.head
    const verdict: DeliveryVerdict = { files: 0, bytes: 0, lostBytes: 0, problems: [] }
    const note = (problem: string): void => {
      if (verdict.problems.length < 20) verdict.problems.push(`${id}: ${problem}`)
    }
    const files = spool.listedFiles()
    const known = new Map(files.map((file) => [file.name, file.digest]))
    for (const [name, digest] of listed) {
      if (known.get(name) !== digest) note(`${name} was listed, and is not in the spool as it was`)
    }
    const { pending } = spool.counts()
    if (pending > 0) note(`${pending} files are not delivered`)
    for (const { name, size, digest } of files) {
      verdict.files++
      verdict.bytes += size
      const stored = await readAtServer(site, id, name)
      if (stored === digest) continue
      verdict.lostBytes += size
      note(`${name} is ${stored} at the server, not ${digest}`)
    }
    for (const problem of await judgeCertificate(site, spool)) note(problem)
    const recording = await site.server.client.recording(id)
    if (recording.state !== 'published') note(`the recording is ${recording.state}`)
    return verdict
  } finally {
    spool.close()
  }
}

async function fromServer(site: Site, path: string): Promise<Response> {
  return fetch(`${site.server.url}/api/v1/deliveries/${path}`, { headers: { authorization: `Bearer ${serverKey}` } })
}

/** The digest of a stored file as it is read now, or why there is none. */
async function readAtServer(site: Site, id: string, name: string): Promise<string> {
  const response = await fromServer(site, `${id}/${name}/digest`)
  const text = await response.text()
  if (!response.ok) return `answered by ${response.status} ${text.slice(0, 100)}`
  return storedFile.parse(JSON.parse(text)).digest
}

async function judgeCertificate(site: Site, spool: Spool): Promise<string[]> {
  const text = await readFile(join(spool.folder, certificateName), 'utf8').catch(() => null)
  if (text === null) return ['the spool has no certificate']
  const kept = deliveryCertificate.parse(JSON.parse(text))
  const own = deliveryCertificate.parse(await (await fromServer(site, `${spool.head.id}/certificate`)).json())
  const { problems } = await verifyCertificate(spool, kept, own.publicKey)
  return problems
}

/** The decoder gave every frame that the encoder made, in order, and nothing else; without a hole. */
export async function judgeDecoded(
  folder: string,
  decoder: DecoderProcess,
  ms: number,
): Promise<{ problems: string[]; frames: number; result: DecodeResult | null }> {
  const problems: string[] = []
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms)
  })
  const result = await Promise.race([decoder.done, late]).finally(() => clearTimeout(timer))
  if (result === null) return { problems: [`the decoder did not end within ${ms} ms`], frames: 0, result }
  if (result.holes > 0) {
    problems.push(
      `${result.holes} holes: ${result.missing
        .slice(0, 5)
        .map(({ file }) => file)
        .join(', ')}`,
    )
  }
  if (!result.complete) problems.push('the decoder stopped before the end')
  const made = await encodedFrames(folder)
  const given = await videoFrames(decoder.output)
  if (given.join() !== made.join()) {
    const at = made.findIndex((frame, index) => frame !== given[index])
    problems.push(`${given.length} frames decoded, ${made.length} encoded; they part at ${at}`)
  }
  return { problems, frames: given.length, result }
}

/** Hashes of the frames of the first video that the spool lists, as its files lie there. */
async function encodedFrames(folder: string): Promise<string[]> {
  const spool = await readSpool(folder)
  try {
    const names: string[] = []
    let video: string | null = null
    for (let from = 0, step = 5000; ; from += step) {
      const entries = spool.entries(from, step)
      for (const entry of entries) {
        if (entry.type === 'representation' && entry.kind === 'video' && video === null) {
          video = entry.id
          names.push(entry.init.name)
        } else if (entry.type === 'segment' && entry.representation === video) names.push(entry.file.name)
      }
      if (entries.length < step) break
    }
    const path = join(folder, 'whole.mp4')
    await writeFile(path, Buffer.concat(await Promise.all(names.map((name) => spool.files.read(name)))))
    return await videoFrames(path)
  } finally {
    spool.close()
  }
}
