// mpv draws each picture that it would show into a file.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { linesSaid, type Player, type ShownPicture } from './player.ts'
import { heardSound, shownPictures } from './showinfo.ts'

const run = promisify(execFile)

export function mpvPlayer(folder: string): Player {
  return {
    name: 'mpv',
    seeks: 'exactly',
    version: async () => (await run('mpv', ['--version'])).stdout.split(' ')[1]!,
    async play(path) {
      const { lines, hashes } = await shown(folder, path, ['--vf=lavfi=[showinfo]', '--af=lavfi=[ashowinfo]'])
      const told = shownPictures(lines)
      const pictures = hashes.map((hash, index) => ({ time: told[index]?.time ?? Number.NaN, hash }))
      const warnings = lines.filter((line) => /^\[ *[\d.]+\]\[[wef]\]/.test(line))
      const said = linesSaid(warnings.map((line) => line.replace(/^\[ *[\d.]+\]/, '')).join('\n'), path)
      return { pictures, sound: heardSound(lines), said, about: `${told.length} pictures` }
    },
    async seek(path, time): Promise<ShownPicture> {
      // It goes to the first picture that is not before the time.
      const start = Math.max(0, time - 0.001).toFixed(6)
      const { hashes } = await shown(folder, path, [`--start=${start}`, '--hr-seek=yes', '--frames=1', '--no-audio'])
      if (hashes[0] === undefined) throw new Error('no picture')
      return { time: Number.NaN, hash: hashes[0] }
    },
    async close() {},
  }
}

async function shown(
  folder: string,
  path: string,
  options: readonly string[],
): Promise<{ lines: string[]; hashes: string[] }> {
  const own = mkdtempSync(join(folder, 'mpv-'))
  const pictures = join(own, 'pictures')
  const log = join(own, 'log')
  mkdirSync(pictures)
  try {
    const screen = ['--vo=image', '--vo-image-format=png', '--vo-image-png-compression=1']
    const speed = ['--untimed', '--framedrop=no', '--ao=null', '--ao-null-untimed', '--hwdec=no']
    const args = ['--no-config', '--really-quiet', `--log-file=${log}`, ...speed, ...screen]
    await run('mpv', [...args, `--vo-image-outdir=${pictures}`, ...options, path], { timeout: 60_000 })
    const hashes = readdirSync(pictures)
      .sort()
      .map((name) =>
        createHash('sha256')
          .update(readFileSync(join(pictures, name)))
          .digest('hex'),
      )
    return { lines: readFileSync(log, 'utf8').split('\n'), hashes }
  } finally {
    rmSync(own, { recursive: true })
  }
}
