import { readFileSync, readdirSync } from 'node:fs'
import { WebSocket } from 'ws'
import { spawn } from 'node:child_process'
import { chromium } from 'playwright-core'
import { browserArguments, buildPage, temporaryFolder } from '../packages/recorder/test/browser.ts'
import { Receiver } from '../packages/recorder/test/receiver.ts'
const seconds = Number(process.argv[2] ?? 600)
const folder = await temporaryFolder()
await buildPage(`${folder.path}/site`)
const receiver = await Receiver.open(`${folder.path}/bodies`, `${folder.path}/site`)
const profile = `${folder.path}/profile-p`
const child = spawn('/usr/bin/chromium', ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, ...browserArguments, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
const url: string = await new Promise((r) => { let s = ''; child.stderr.on('data', (t) => { s += t; const m = /DevTools listening on (ws:\S+)/.exec(s); if (m) r(m[1]!) }) })
const context = (await chromium.connectOverCDP(url)).contexts()[0]!
const page = await context.newPage()
await page.setViewportSize({ width: 1280, height: 720 })
await page.goto(receiver.origin)
await page.waitForFunction(() => 'rooms' in globalThis)
const ws = new WebSocket(url); await new Promise((r) => ws.on('open', r))
let n = 0; const wait = new Map<number, (v: any) => void>(); const workers = new Map<string, string>()
ws.on('message', (m) => { const d = JSON.parse(String(m)); if (d.id) wait.get(d.id)?.(d.result ?? d.error); if (d.method === 'Target.attachedToTarget') { workers.set(d.params.sessionId, d.params.targetInfo.type + ' ' + d.params.targetInfo.url.split('/').at(-1).slice(0, 12)); } })
const send = (method: string, params = {}, sessionId?: string) => new Promise<any>((r) => { const id = ++n; wait.set(id, r); ws.send(JSON.stringify({ id, method, params, sessionId })) })
const { targetInfos } = await send('Target.getTargets')
const target = targetInfos.find((t: any) => t.type === 'page' && t.url.startsWith(receiver.origin))
const { sessionId } = await send('Target.attachToTarget', { targetId: target.targetId, flatten: true })
workers.set(sessionId, 'page')
await send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: true }, sessionId)
await page.evaluate(() => {
  (globalThis as any).rooms.keepsProduced = false
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: 1280, height: 720 })
  Object.assign(canvas.style, { position: 'fixed', inset: '0' })
  document.body.append(canvas)
  const context = canvas.getContext('2d', { alpha: false })!
  const draw = (now: number) => {
    context.fillStyle = '#fff'; context.fillRect(0, 0, 1280, 720)
    context.fillStyle = '#222'; context.font = '20px sans-serif'
    for (let line = 0; line < 30; line++) context.fillText(`Line ${line} of what is read aloud here`, 40, 30 + line * 24)
    context.fillStyle = '#06c'; context.fillRect((now / 4) % 1280, 0, 60, 720)
    requestAnimationFrame(draw)
  }
  requestAnimationFrame(draw)
})
page.evaluate(async (seconds) => {
  const { sdk } = (globalThis as any).rooms
  const capture = await sdk.openCapture({ screen: { thisTab: true }, camera: true, microphone: true })
  await sdk.startRecording({ server: '', capture })
  const until = performance.now() + seconds * 1000
  let points: number[] = []
  while (performance.now() < until) {
    const angle = performance.now() / 300
    points.push(0.5 + 0.3 * Math.cos(angle), 0.5 + 0.3 * Math.sin(angle * 1.3))
    const shape = { kind: 'scribble', colour: '#e5352b', width: 0.01, points } as const
    if (points.length < 120) capture.annotations.draft(shape)
    else { points = []; capture.annotations.add(shape, 1000); if (capture.annotations.shapes.length >= 20) capture.annotations.clear() }
    await new Promise((r) => setTimeout(r, 16))
  }
}, seconds).catch((e) => console.log('END', String(e).slice(0, 300)))
function pss() {
  let most = '', m = 0
  for (const name of readdirSync('/proc')) { if (!/^\d+$/.test(name)) continue; try { const cmd = readFileSync(`/proc/${name}/cmdline`, 'utf8'); if (!cmd.includes(profile)) continue; const s = readFileSync(`/proc/${name}/smaps_rollup`, 'utf8'); const v = Number(/^Pss_Anon:\s+(\d+)/m.exec(s)?.[1]) / 1024; if (v > m) { m = v; most = v.toFixed(0) } } catch {} }
  return most
}
const t0 = Date.now(); let k = 0
while (Date.now() - t0 < (seconds - 5) * 1000) {
  await new Promise((r) => setTimeout(r, 30000))
  const gc = ++k % 10 === 0
  if (gc) console.log('   before gc')
  const rows: string[] = []
  for (const [s, name] of workers) {
    const u = await send('Runtime.getHeapUsage', {}, s)
    rows.push(`${name}: ${(u.usedSize / 1e6).toFixed(1)}/${(u.totalSize / 1e6).toFixed(1)} emb ${(u.embedderHeapUsedSize / 1e6).toFixed(1)} back ${(u.backingStorageSize / 1e6).toFixed(1)}`)
  }
  console.log(Math.round((Date.now() - t0) / 1000), 'anon', pss(), '|', rows.join(' | '))
  if (gc) { for (const [s] of workers) await send('HeapProfiler.collectGarbage', {}, s); await new Promise((r) => setTimeout(r, 3000)); console.log('   after gc', pss()) }
}
child.kill('SIGKILL'); await receiver.close()
process.exit(0)
