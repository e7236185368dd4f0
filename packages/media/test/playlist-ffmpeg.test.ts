import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { begunBy, type MadePresentation, makePresentation, type Playback, servePresentation } from './playlist-event.ts'

const run = promisify(execFile)
const seconds = 6
const namings = {
  'names that count': (id: string, sequence: number) => `${id}-${String(sequence).padStart(6, '0')}.m4s`,
  'names that follow nothing': (id: string, sequence: number) =>
    `${id}-${'zyxwvutsrq'[sequence % 10]}${sequence}x$.m4s`,
}

for (const [naming, named] of Object.entries(namings)) {
  describe(`ffmpeg reads playlists of ${naming}`, () => {
    let made: MadePresentation
    let served: Playback
    let folder: string
    let shown: MadePresentation['presentation']

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'rushes-playlist-'))
      made = await makePresentation({ seconds, wallClock: Date.now() - 60_000, named })
      shown = made.presentation
      served = await servePresentation(() => shown, made.files)
    })
    afterAll(async () => {
      await served.close()
      await rm(folder, { recursive: true, force: true })
    })

    for (const playlist of ['main.m3u8', 'manifest.mpd']) {
      it(`finished: every frame of every representation through ${playlist}`, async () => {
        shown = made.presentation
        const streams = await streamsOf(`${served.url}/${playlist}`)
        expect(streams.map(({ height }) => height).sort()).toEqual([180, 90, undefined].sort())
        for (const [id, whole] of made.wholes) {
          const path = join(folder, `${id}.mp4`)
          await writeFile(path, whole)
          const height = shown.representations.find((each) => each.id === id)?.height
          const index = streams.find((stream) => stream.height === height)!.index
          expect(await framesOf(`${served.url}/${playlist}`, index)).toEqual(await framesOf(path, 0))
        }
      })
    }

    it('live: what is appended while ffmpeg reads is read too', async () => {
      shown = begunBy(made.presentation, 3)
      let count = 3
      const growing = setInterval(() => {
        shown = begunBy(made.presentation, ++count)
      }, 700)
      try {
        const args = ['-live_start_index', '0', '-i', `${served.url}/main.m3u8`]
        const { stdout } = await run('ffmpeg', [
          '-v',
          'error',
          '-nostdin',
          ...args,
          '-map',
          '0:v:0',
          '-f',
          'framemd5',
          '-',
        ])
        expect(stdout.split('\n').filter((line) => /^0,/.test(line))).toHaveLength(25 * seconds)
      } finally {
        clearInterval(growing)
      }
    })

    it('live: a dynamic MPD is read', async () => {
      shown = begunBy(made.presentation, 5)
      const streams = await streamsOf(`${served.url}/manifest.mpd`)
      expect(streams.map(({ type }) => type).sort()).toEqual(['audio', 'video', 'video'])
    })
  })
}

type Stream = { index: number; type: string; height: number | undefined }

async function streamsOf(url: string): Promise<Stream[]> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', url])
  const { streams } = JSON.parse(stdout) as { streams: { index: number; codec_type: string; height?: number }[] }
  return streams.map(({ index, codec_type, height }) => ({ index, type: codec_type, height }))
}

async function framesOf(input: string, index: number): Promise<string[]> {
  const args = ['-i', input, '-map', `0:${index}`, '-f', 'framemd5', '-']
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-nostdin', ...args])
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => line.split(',').slice(3).join())
}
