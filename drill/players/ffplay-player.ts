// ffplay on a screen and a loudspeaker that are none: SDL's dummies, at the speed of life.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { linesSaid, type Player } from './player.ts'
import { heardSound, shownPictures } from './showinfo.ts'

const longestMs = 60_000

export function ffplayPlayer(): Player {
  return {
    name: 'ffplay',
    seeks: 'key',
    version: async () => (await said(['-version'])).split(' ')[2]!,
    async play(path) {
      // Beside each other: what two filters tell at once comes mixed within lines.
      const [seen, heard] = (
        await Promise.all([said(['-autoexit', '-an', path]), said(['-autoexit', '-vn', '-af', 'ashowinfo', path])])
      ).map((text) => text.split('\n')) as [string[], string[]]
      const warnings = [...seen, ...heard].filter((line) => /\[(warning|error|fatal|panic)\]/.test(line))
      return {
        pictures: shownPictures(seen),
        sound: heardSound(heard),
        said: linesSaid(warnings.join('\n'), path),
        about: '',
      }
    },
    async seek(path, time) {
      const text = await said(['-an', '-ss', time.toFixed(6), path], (so) => shownPictures(so.split('\n')).length > 0)
      const [picture] = shownPictures(text.split('\n'))
      if (picture === undefined) throw new Error('no picture')
      return picture
    },
    async close() {},
  }
}

/** All that it prints, until it ends, or has said enough. */
async function said(args: readonly string[], isEnough: (text: string) => boolean = () => false): Promise<string> {
  const first = ['-hide_banner', '-nostats', '-loglevel', 'level+info', '-noframedrop', '-vf', 'showinfo']
  const child = spawn('ffplay', [...(args[0] === '-version' ? [] : first), ...args], {
    env: { ...process.env, SDL_VIDEODRIVER: 'dummy', SDL_AUDIODRIVER: 'dummy' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longestMs,
    killSignal: 'SIGKILL',
  })
  let text = ''
  const take = (piece: string): void => {
    text += piece
    if (isEnough(text)) child.kill('SIGKILL')
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (code !== 0 && !isEnough(text)) throw new Error(`ffplay ended with ${code ?? signal}: ${text.slice(-500)}`)
  return text
}
