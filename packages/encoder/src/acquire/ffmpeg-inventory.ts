import { findProgram, runProgram } from '@rushes/sandbox'
import { needsOf } from './ffmpeg-input.ts'
import { codecsEncoded, encodersOf } from './ffmpeg-output.ts'
import type { SourceKind } from './input.ts'

/** What the ffmpeg of this machine can do for us. */
export type FfmpegInventory = {
  path: string
  /** As it says it; `5.1.9-0+deb12u1`, `n7.1`, `N-118896-g9f0970ee35`. */
  version: string
  /** By codec: which of its encoders is used; null: it has none. */
  encoders: ReadonlyMap<string, string | null>
  inputs: ReadonlyMap<SourceKind, boolean>
}

/** @throws SandboxError `program-missing` */
export async function ffmpegInventory(): Promise<FfmpegInventory> {
  const path = findProgram('ffmpeg')
  const [version, encoders, demuxers, protocols] = await Promise.all(
    ['-version', '-encoders', '-demuxers', '-protocols'].map(ask),
  )
  const has = encoderNames(encoders!)
  const opens = new Set([...demuxerNames(demuxers!), ...protocolNames(protocols!)])
  return {
    path,
    version: /^ffmpeg version (\S+)/.exec(version!)?.[1] ?? 'unknown',
    encoders: new Map(codecsEncoded.map((codec) => [codec, encodersOf(codec).find((name) => has.has(name)) ?? null])),
    inputs: new Map(Array.from(needsOf(), ([kind, needs]) => [kind, needs.every((name) => opens.has(name))])),
  }
}

/** What `-encoders` lists. */
export function encoderNames(listing: string): Set<string> {
  return new Set(Array.from(listing.matchAll(/^ [VA]\S{5} (\S+)/gm), ([, name]) => name!))
}

/** `-demuxers` lists names with their aliases; releases before 7 have two columns of flags, later ones three. */
function demuxerNames(listing: string): string[] {
  return Array.from(listing.matchAll(/^ D[ E][ d]? *(\S+)/gm), ([, names]) => names!.split(',')).flat()
}

function protocolNames(listing: string): string[] {
  const [inputs = ''] = listing.split(/^Output:/m)
  return Array.from(inputs.matchAll(/^ {2}(\S+)$/gm), ([, name]) => name!)
}

async function ask(question: string): Promise<string> {
  const { stdout } = await runProgram({ program: 'ffmpeg', args: ['-hide_banner', question], timeLimitMs: 30_000 })
  return new TextDecoder().decode(stdout)
}
