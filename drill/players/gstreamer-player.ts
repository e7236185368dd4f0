import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { linesSaid, type Player } from './player.ts'

const run = promisify(execFile)
/** Debian's own: others know nothing of its packages. */
const python = '/usr/bin/python3'
const script = join(import.meta.dirname, 'gstreamer_player.py')

/**
 * At this level of its log, which nobody sees who does not ask for it, qtdemux names each type of box that it passes over, of
 * plain MP4s too (`sgpd`, `sbgp`). Those of an index are what it is to pass over.
 */
const passedOver = /qtdemux_type_get: unknown QuickTime node type (iloc|iinf|idat|umfx)$/

type Told =
  | { kind: 'picture' | 'sound'; time: number; bytes: number; hash: string }
  | { kind: 'warning' | 'about' | 'version'; text: string }

export function gstreamerPlayer(): Player {
  return {
    name: 'GStreamer',
    seeks: 'exactly',
    async version() {
      const [told] = (await tellOf([])).told
      return told !== undefined && 'text' in told ? told.text : ''
    },
    async play(path) {
      const { told, stderr } = await tellOf([path])
      const text = (kind: string) => told.flatMap((each) => (each.kind === kind && 'text' in each ? [each.text] : []))
      return {
        pictures: told.flatMap((each) => (each.kind === 'picture' ? [{ time: each.time, hash: each.hash }] : [])),
        sound: told.flatMap((each) => (each.kind === 'sound' ? [`${each.time} ${each.bytes} ${each.hash}`] : [])),
        // Time since the start, process and thread stand first.
        said: linesSaid(`${text('warning').join('\n')}\n${stderr.replaceAll(/^\S+ +\d+ +\S+ /gm, '')}`, path).filter(
          (line) => !passedOver.test(line),
        ),
        about: text('about').join(),
      }
    },
    async seek(path, time) {
      // It shows the picture within whose time the place is.
      const { told } = await tellOf([path, (time + 0.001).toFixed(6)])
      for (const each of told) if (each.kind === 'picture') return { time: each.time, hash: each.hash }
      throw new Error('no picture')
    },
    async close() {},
  }
}

async function tellOf(args: readonly string[]): Promise<{ told: Told[]; stderr: string }> {
  const { stdout, stderr } = await run(python, [script, ...args], {
    env: { ...process.env, GST_DEBUG: '2', GST_DEBUG_NO_COLOR: '1' },
    maxBuffer: 256 * 1024 * 1024,
    timeout: 120_000,
  })
  const lines = stdout.split('\n').filter((line) => line !== '')
  return { told: lines.map((line) => JSON.parse(line) as Told), stderr }
}
