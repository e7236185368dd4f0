import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  type Acquisition,
  type AcquisitionEvent,
  type AcquisitionOptions,
  openAcquisition,
} from '../src/acquire/acquisition.ts'
import { parseInput } from '../src/acquire/input.ts'

const run = promisify(execFile)

export type SegmentEvent = Extract<AcquisitionEvent, { type: 'segment' }>
export type RepresentationEvent = Extract<AcquisitionEvent, { type: 'representation' }>

/** An acquisition whose events are kept. */
export class AcquiredEvent {
  readonly events: AcquisitionEvent[] = []
  readonly acquisition: Acquisition
  private readonly waiting: { is(): boolean; resolve(): void }[] = []

  constructor(sources: readonly string[], options: Partial<AcquisitionOptions> = {}) {
    this.acquisition = openAcquisition({
      inputs: sources.map(parseInput),
      segmentMs: 1000,
      renditions: [{ width: 320, height: 180, bitrate: 300_000 }],
      pace: 'fast',
      onEvent: (event) => {
        this.events.push(event)
        for (const each of this.waiting) if (each.is()) each.resolve()
      },
      ...options,
    })
  }

  /** Settles as soon as this holds, at the latest with the acquisition. */
  async until(is: () => boolean): Promise<void> {
    if (is()) return
    const held = new Promise<void>((resolve) => this.waiting.push({ is, resolve }))
    await Promise.race([held, this.acquisition.done])
  }

  of<Type extends AcquisitionEvent['type']>(type: Type): Extract<AcquisitionEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<AcquisitionEvent, { type: Type }> => event.type === type)
  }

  segments(id: string): SegmentEvent[] {
    return this.of('segment').filter(({ representation }) => representation === id)
  }

  representation(id: string): RepresentationEvent {
    const found = this.of('representation').find(({ representation }) => representation.id === id)
    if (found === undefined) throw new Error(`no representation ${id}`)
    return found
  }

  /** The representation as one file: its header and all of its segments. */
  bytes(id: string): Uint8Array {
    return Buffer.concat([this.representation(id).init, ...this.segments(id).map(({ bytes }) => bytes)])
  }
}

export type TestFolder = { path(name: string): string; remove(): void }

export function openTestFolder(): TestFolder {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-acquire-'))
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export async function makeMedia(path: string, args: readonly string[]): Promise<string> {
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args, path])
  return path
}

/** MD5 of every packet's payload (`copy`) or every decoded frame, in order. */
export async function digests(path: string, stream: 'v' | 'a', what: 'packets' | 'frames'): Promise<string[]> {
  const codec = what === 'packets' ? [`-c:${stream}`, 'copy'] : []
  const args = ['-v', 'error', '-i', path, '-map', `0:${stream}:0`, ...codec, '-f', 'framemd5', '-']
  const { stdout } = await run('ffmpeg', args, { maxBuffer: 64 * 2 ** 20 })
  return stdout
    .split('\n')
    .flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(',').at(-1)!.trim()]))
}

/** Packets as ffprobe counts them: times in seconds, whether they are key frames. */
export async function packets(
  bytes: Uint8Array,
  path: string,
): Promise<{ pts: number; dts: number; isKey: boolean }[]> {
  writeFileSync(path, bytes)
  const args = ['-v', 'error', '-show_entries', 'packet=pts_time,dts_time,flags', '-of', 'json', path]
  const { stdout } = await run('ffprobe', args, { maxBuffer: 64 * 2 ** 20 })
  const { packets: found } = JSON.parse(stdout) as { packets: { pts_time: string; dts_time: string; flags: string }[] }
  return found.map((packet) => ({
    pts: Number(packet.pts_time),
    dts: Number(packet.dts_time),
    isKey: packet.flags.startsWith('K'),
  }))
}
