// npm run demo: a server with a recording in it, made while you watch, in a folder that goes away afterwards.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildPages } from './pages.ts'

const ownerKey = 'demo-owner-key-not-a-secret-0123456789'
const folder = mkdtempSync(join(tmpdir(), 'rushes-demo-'))
const clip = join(folder, 'clip.webm')
const main = 'packages/rushes/src/main.ts'
const environment = { ...process.env, RUSHES_DATA: join(folder, 'data'), RUSHES_OWNER_KEY: ownerKey }

let running: ChildProcess | null = null
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    if (running === null) process.exit(130)
    running.kill('SIGTERM')
  })
}

buildPages()
console.log('making a clip of 20 seconds …')
const picture = 'testsrc2=size=960x540:rate=30'
const sound = 'sine=frequency=330:beep_factor=4'
const codecs = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '2M', '-c:a', 'libopus']
const inputs = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound]
await promisify(execFile)('ffmpeg', ['-v', 'error', ...inputs, '-t', '20', ...codecs, '-live', '1', clip])

const server = spawn(process.execPath, [main, 'serve'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
running = server
server.once('exit', (code) => process.exit(code ?? 1))

let said = ''
server.stdout.on('data', (data: Buffer) => {
  const before = said
  said += data.toString()
  const url = /^rushes ready (\S+)$/m.exec(said)?.[1]
  if (url === undefined || /^rushes ready /m.test(before)) return
  console.log('recording it at the pace of life; the file is complete the moment it stops …')
  const args = ['record', clip, '--pace', 'live', '--title', 'A demo', '--server', url, '--key', ownerKey]
  const recording = spawn(process.execPath, [main, ...args], { stdio: 'inherit' })
  recording.once('exit', () => console.log(`\nOpen shareUrl above. Ctrl-C ends the demo and removes it.`))
})
