// What is to be converted, as files: URLs and standard input are fetched first, beside the output.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { lstat, mkdir, rename, rm, statfs } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { publicFetch } from '@rushes/sandbox'
import { isUrl } from '../archive/archive-file.ts'
import { CommandError } from '../output.ts'

/** Nobody's recording is larger, and nobody waits longer for one. */
const most = { bytes: 512 * 2 ** 30, ms: 24 * 3_600_000 }
/** What is left of a disk for everybody else. */
const spareBytes = 512 * 2 ** 20

export type GivenInputs = {
  paths: string[]
  /** Takes away what was fetched; not when a run is to go on. */
  remove(): Promise<void>
}

/** @throws CommandError `unreachable`, `misused`, `too-large` */
export async function givenInputs(
  inputs: readonly string[],
  output: string,
  signal: AbortSignal,
): Promise<GivenInputs> {
  const folder = join(dirname(resolve(output)), `.${basename(resolve(output))}.fetched`)
  if (inputs.filter((input) => input === '-').length > 1) {
    throw new CommandError('misused', 'standard input can be given once')
  }
  const paths: string[] = []
  for (const input of inputs) {
    if (input !== '-' && !isUrl(input)) paths.push(input)
    else {
      await mkdir(folder, { recursive: true })
      paths.push(input === '-' ? await fromStandardInput(folder, signal) : await fetched(input, folder, signal))
    }
  }
  return { paths, remove: () => rm(folder, { recursive: true, force: true }) }
}

async function fromStandardInput(folder: string, signal: AbortSignal): Promise<string> {
  const path = join(folder, 'input')
  await pipeline(process.stdin, await counted('standard input', folder), createWriteStream(path), { signal })
  return path
}

/** Lets through what there is room for. */
async function counted(what: string, folder: string): Promise<Transform> {
  const { bavail, bsize } = await statfs(folder)
  const allowed = Math.min(most.bytes, Math.max(0, bavail * bsize - spareBytes))
  let bytes = 0
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length
      if (bytes <= allowed) done(null, piece)
      else done(new CommandError('too-large', `${what} has over ${allowed} bytes, which is all that there is room for`))
    },
  })
}

/** What was fetched whole by a run that was killed later is not fetched again. */
async function fetched(url: string, folder: string, stop: AbortSignal): Promise<string> {
  if (!URL.canParse(url)) throw new CommandError('misused', `${url} is no URL`)
  const { hostname, pathname } = new URL(url)
  const place = join(folder, createHash('sha256').update(url).digest('hex').slice(0, 16))
  await mkdir(place, { recursive: true })
  const name = basename(decoded(pathname))
    .replaceAll(/[^\p{L}\p{N}._ -]+/gu, '_')
    .slice(0, 200)
  const path = join(place, /^\.*$/.test(name) ? 'input' : name)
  if ((await lstat(path).catch(() => null))?.isFile() === true) return path
  // Whoever names a host means it; where it leads from there is not the user's word.
  const fetch = publicFetch({ trusted: new Set([hostname]) })
  const unreachable = (why: string) => new CommandError('unreachable', `${url} can't be fetched: ${why}`)
  const signal = AbortSignal.any([stop, AbortSignal.timeout(most.ms)])
  const answer = await fetch(url, { signal }).catch((error: Error) => {
    throw unreachable(error.message)
  })
  if (!answer.ok || answer.body === null) throw unreachable(`the server answers ${answer.status}`)
  const part = `${path}.part`
  const body = Readable.fromWeb(answer.body as never)
  await pipeline(body, await counted(url, place), createWriteStream(part), { signal }).catch((error: Error) => {
    throw error instanceof CommandError ? error : unreachable(error.message)
  })
  await rename(part, path)
  return path
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
