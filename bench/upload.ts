// npm run bench -- upload: a file of 2 GB whose `moov` comes last, from pressing the button until it can be played from its
// beginning: by `rushes upload`, and by tus-js-client, @tus/server with its FileStore and `ffmpeg -movflags +faststart`.
// Both senders and both servers are processes of their own on this machine; the network between them is the loopback.
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bodyFolder, makeBody } from './bodies.ts'
import { figure, spread, table } from './figures.ts'
import { ownerKey, startServerProcess } from './server-process.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')

type Round = {
  /** From pressing the button until the file can be played, s. */
  playableS: number
  /** Of these, after the last byte had set out, ms. */
  afterLastByteMs: number
}

export async function benchUpload(args: readonly string[]): Promise<string> {
  const isShort = args.includes('--short')
  const path = await makeFile(isShort ? 11 : 112)
  const rounds = isShort ? 1 : 5
  const ours: Round[] = []
  const theirs: Round[] = []
  for (let round = 0; round < rounds; round++) {
    // In turns, so that neither has the warmer disk.
    for (const who of round % 2 === 0 ? ['ours', 'theirs'] : ['theirs', 'ours']) {
      if (who === 'ours') ours.push(await rushesRound(path))
      else theirs.push(await tusRound(path))
    }
    const [mine, peer] = [ours.at(-1)!, theirs.at(-1)!]
    console.error(
      `round ${round + 1}: playable after ${figure(mine.playableS)} s (${figure(mine.afterLastByteMs)} ms after the last byte) / ${figure(peer.playableS)} s (${figure(peer.afterLastByteMs)} ms)`,
    )
  }
  const cells = (rounds: readonly Round[], pick: (round: Round) => number): string => {
    const { median, min, max } = spread(rounds.map(pick))
    return `${figure(median)} (${figure(min)}–${figure(max)})`
  }
  const row = (name: string, rounds: readonly Round[]): string[] => [
    name,
    cells(rounds, ({ playableS }) => playableS),
    cells(rounds, ({ afterLastByteMs }) => afterLastByteMs),
  ]
  const head = ['sender, receiver', 'playable after, s', 'of these, after the last byte, ms']
  return `${figure(statSync(path).size / 1e9)} GB, moov last, ${rounds} rounds\n\n${table(head, [
    row('rushes upload: synced, checked, indexed, hashed while it comes', ours),
    row('tus-js-client, @tus/server with FileStore, then ffmpeg +faststart', theirs),
  ])}`
}

/** Minutes at 2.5 Mbit/s, as ffmpeg writes files when nobody asks for anything else. */
async function makeFile(minutes: number): Promise<string> {
  const path = join(bodyFolder, `moov-last-${minutes}min.mp4`)
  if (existsSync(path)) return path
  const minute = makeBody('mp4', 1)
  console.error(`repeating it for ${minutes} minutes, moov last …`)
  const loop = ['-stream_loop', String(minutes - 1), '-i', minute, '-c', 'copy', '-f', 'mp4']
  await run('ffmpeg', ['-v', 'error', '-y', ...loop, `${path}.part`])
  renameSync(`${path}.part`, path)
  return path
}

async function rushesRound(path: string): Promise<Round> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rushes-bench-data-'))
  const server = await startServerProcess(dataDir)
  try {
    const startedAt = performance.now()
    const main = join(root, 'packages/rushes/src/main.ts')
    const { stdout } = await run(process.execPath, [main, 'upload', path, '--json'], {
      env: { ...process.env, RUSHES_SERVER: server.url, RUSHES_KEY: ownerKey, UV_THREADPOOL_SIZE: '16' },
    })
    const { mp4Url, waitMs } = JSON.parse(stdout) as { mp4Url: string; waitMs: number }
    await firstFrames(mp4Url)
    return { playableS: (performance.now() - startedAt) / 1000, afterLastByteMs: waitMs }
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function tusRound(path: string): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-bench-tus-'))
  const server = spawn(process.execPath, [join(root, 'bench/tus-server.ts'), folder], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const endpoint = await new Promise<string>((resolve) => {
      server.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()))
    })
    const startedAt = performance.now()
    const { stdout } = await run(process.execPath, [join(root, 'bench/tus-uploader.ts'), endpoint, path], { cwd: root })
    const uploadedAt = performance.now()
    const stored = join(folder, stdout.trim().split('/').at(-1)!)
    const ready = `${stored}.mp4`
    await run('ffmpeg', ['-v', 'error', '-y', '-i', stored, '-c', 'copy', '-movflags', '+faststart', ready])
    await firstFrames(ready)
    return { playableS: (performance.now() - startedAt) / 1000, afterLastByteMs: performance.now() - uploadedAt }
  } finally {
    server.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What playable means to both. */
async function firstFrames(source: string): Promise<void> {
  await run('ffmpeg', ['-v', 'error', '-i', source, '-frames:v', '1', '-f', 'null', '-'])
}
