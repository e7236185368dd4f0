import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { repositoryRoot } from '../server-process.ts'
import type { Decoded } from './ffmpeg8-main.ts'
import { linesSaid, type Player } from './player.ts'

const run = promisify(execFile)
const library = join(repositoryRoot, 'node_modules/.rushes-players/node_modules/node-av/dist/index.js')
const main = join(import.meta.dirname, 'ffmpeg8-main.ts')

/** Why it is not tried; null where it is installed. */
export function ffmpeg8Missing(): string | null {
  return existsSync(library) ? null : 'node-av is not installed: node scripts/install.mjs --with-players'
}

/** The libraries of FFmpeg 8, as a program of Node has them: demultiplexed, decoded, hashed. */
export function ffmpeg8Player(): Player {
  return {
    name: 'FFmpeg',
    seeks: 'exactly',
    version: async () => (await decoded([])).answer.version,
    async play(path) {
      const { answer, stderr } = await decoded([path])
      const { pictures, sound, about } = answer
      return { pictures, sound, about, said: linesSaid(stderr, path) }
    },
    async seek(path, time) {
      // From the key frame before it to the first picture that is not before the time.
      const { answer } = await decoded([path, Math.max(0, time - 0.001).toFixed(6)])
      const [picture] = answer.pictures
      if (picture === undefined) throw new Error('no picture')
      return picture
    },
    async close() {},
  }
}

/** In a process of its own: a crash of the libraries is theirs. */
async function decoded(args: readonly string[]): Promise<{ answer: Decoded; stderr: string }> {
  const { stdout, stderr } = await run(process.execPath, [main, library, ...args], {
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  })
  return { answer: JSON.parse(stdout) as Decoded, stderr }
}
