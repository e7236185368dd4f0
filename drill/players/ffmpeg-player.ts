import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { linesSaid, type Played, type Player, type ShownPicture } from './player.ts'

const run = promisify(execFile)
const most = { maxBuffer: 256 * 1024 * 1024 }

/** ffmpeg decodes, ffprobe says what it takes the file for. */
export function ffmpegPlayer(): Player {
  return {
    name: 'ffmpeg',
    seeks: 'exactly',
    async version() {
      return (await run('ffmpeg', ['-version'])).stdout.split(' ')[2]!
    },
    async play(path) {
      const { stdout, stderr } = await decoded(['-i', path, '-map', '0'])
      const probe = ['-v', 'warning', '-show_streams', '-show_chapters', '-show_programs', '-of', 'json', path]
      const probed = await run('ffprobe', probe, most)
      return {
        ...framesOf(stdout),
        said: linesSaid(stderr + probed.stderr, path),
        about: aboutOf(probed.stdout),
      }
    },
    async seek(path, time) {
      // It gives the first picture that is not before the time.
      const from = Math.max(0, time - 0.001).toFixed(6)
      const { stdout } = await decoded(['-ss', from, '-i', path, '-map', '0:v', '-frames:v', '1'])
      const [picture] = framesOf(stdout).pictures
      if (picture === undefined) throw new Error('no picture')
      return picture
    },
    async close() {},
  }
}

/** Without who has encoded it: a header that is made anew does not repeat that. */
function aboutOf(text: string): string {
  const probed = JSON.parse(text) as { streams: { tags?: { encoder?: string } }[] }
  for (const { tags } of probed.streams) if (tags !== undefined) delete tags.encoder
  return JSON.stringify(probed)
}

function decoded(input: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const output = ['-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'framehash', '-hash', 'MD5', '-']
  return run('ffmpeg', ['-v', 'warning', '-nostdin', '-threads', '1', '-copyts', ...input, ...output], most)
}

function framesOf(text: string): Pick<Played, 'pictures' | 'sound'> {
  const bases = new Map<string, number>()
  const kinds = new Map<string, string>()
  const pictures: ShownPicture[] = []
  const sound: string[] = []
  for (const line of text.split('\n')) {
    const [, base, numerator, denominator] = /^#tb (\d+): (\d+)\/(\d+)/.exec(line) ?? []
    if (base !== undefined) bases.set(base, Number(numerator) / Number(denominator))
    const [, stream, kind] = /^#media_type (\d+): (\w+)/.exec(line) ?? []
    if (stream !== undefined) kinds.set(stream, kind!)
    if (line === '' || line.startsWith('#')) continue
    const [of, , pts, , , hash] = line.split(',').map((field) => field.trim()) as [string, ...string[]]
    const time = Number(pts) * bases.get(of)!
    if (kinds.get(of) === 'video') pictures.push({ time, hash: hash! })
    else sound.push(`${of} ${time} ${hash}`)
  }
  return { pictures, sound }
}
