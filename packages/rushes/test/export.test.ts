import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSmallArchive } from '../../converter/test/small-archive.ts'
import { runProgram } from '../../sandbox/src/index.ts'
import { endCommands, runCommand, startCommand } from './command-for-tests.ts'

let folder: string
let talk: string
let environment: Record<string, string>
let browser: Browser
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-export-'))
  environment = { RUSHES_REGISTRY: join(folder, 'registry') }
  talk = await makeSmallArchive(folder)
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
  })
}, 120_000)
afterAll(async () => {
  endCommands()
  await browser?.close()
  await rm(folder, { recursive: true, force: true })
})

type Shown = {
  id: string
  durationMs: number
  events: unknown[]
  resources: { name: string; type: string; digest: string; startMs?: number; level: number }[]
  files: string[]
  error?: { code: string }
}

async function shown(...args: string[]): Promise<Shown> {
  const { status, stdout, stderr } = await runCommand([...args, '--json'], environment)
  expect(status, stderr + stdout).toBe(0)
  return JSON.parse(stdout) as Shown
}

describe('rushes export', () => {
  it.each(['folder', 'zip'])('as a %s has everything, and packed or converted again is the same', async (form) => {
    const output = join(folder, form === 'zip' ? 'files.zip' : 'files')
    const { files } = await shown('export', talk, '-o', output)
    expect(files).toContain('secret.txt')
    let place = output
    if (form === 'zip') {
      place = join(folder, 'unzipped')
      await runProgram({ program: 'python3', args: ['-m', 'zipfile', '-e', output, place], timeLimitMs: 60_000 })
    }
    const packed = join(folder, `${form}.umf`)
    await shown('pack', place, '-o', packed)
    const [before, after] = [await shown('inspect', talk), await shown('inspect', packed)]
    const lasting = ({ id, durationMs, events, resources }: Shown) => ({
      ...{ id, durationMs, events },
      resources: resources.map(({ name, digest, startMs, level }) => ({ name, digest, startMs, level })),
    })
    expect(lasting(after)).toEqual(lasting(before))
    // Converted, it is another archive of the same: who may read what, and when what happened.
    const converted = join(folder, `${form}-converted.umf`)
    await shown('convert', output, '-o', converted)
    const again = await shown('inspect', converted)
    expect([again.durationMs, again.events]).toEqual([before.durationMs, before.events])
    const known = new Map(again.resources.map((each) => [each.name, each]))
    for (const { name, level, digest, type } of before.resources) {
      if (type === 'events' || name === 'talk.mp4') continue
      expect(known.get(name), name).toMatchObject({ level, digest, type })
    }
    expect(known.get('umf.json')).toMatchObject({ level: 0 })
  })

  it('as a page plays from a disk in Chromium, without a request, and holds nothing that was kept back', async () => {
    const output = join(folder, 'talk.html')
    await shown('export', talk, '-o', output)
    const text = await readFile(output, 'utf8')
    const archive = [...text.matchAll(/rushesPart\("([^"]+)"\)/g)].map(([, part]) => Buffer.from(part!, 'base64'))
    const bytes = Buffer.concat(archive).toString('latin1')
    expect([bytes.includes('7f3a'), bytes.includes('secret'), bytes.includes('A note')]).toEqual([false, false, true])
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
    page.on('request', (request) => {
      if (!/^(blob|data):/.test(request.url()) && request.url() !== pathToFileURL(output).href)
        faults.push(request.url())
    })
    await page.goto(pathToFileURL(output).href)
    await page.locator('rushes-archive-slides').waitFor()
    const played = await page.evaluate(async () => {
      const element = document.querySelector('rushes-archive') as HTMLElement & {
        play(): Promise<void>
        seek(seconds: number): void
        player: { media: HTMLVideoElement }
      }
      const { media } = element.player
      media.muted = true
      await element.play()
      await new Promise<void>((resolve) =>
        media.addEventListener('timeupdate', () => media.currentTime > 0.3 && resolve()),
      )
      element.seek(3.2)
      await new Promise((resolve) => media.addEventListener('seeked', resolve, { once: true }))
      const languages = Array.from(media.textTracks).map(({ language }) => language)
      return { duration: media.duration, width: media.videoWidth, languages }
    })
    // Captions, and a transcript that serves as such.
    expect(played).toMatchObject({ width: 160, languages: ['en', 'de'] })
    expect(played.duration).toBeCloseTo(6, 1)
    expect(await page.title()).toBe('A talk <of> "six" & more')
    await page.getByText('there <b>').waitFor()
    expect(faults).toEqual([])
    await page.close()
  }, 120_000)

  it('says what can’t be, and what is there already', async () => {
    const first = await runCommand(['export', talk, '--to', 'zip', '-o', talk, '--json'], environment)
    expect([first.status, JSON.parse(first.stdout).error.code]).toEqual([1, 'file-exists'])
    const second = await runCommand(
      ['export', talk, '--to', 'zip', '--layout', 'over', '-o', 'x', '--json'],
      environment,
    )
    expect([second.status, JSON.parse(second.stdout).error.code]).toEqual([2, 'misused'])
    const third = await runCommand(['export', join(folder, 'none.umf'), '-o', join(folder, 'y'), '--json'], environment)
    expect([third.status, JSON.parse(third.stdout).error.code]).toEqual([1, 'no-such-file'])
  })

  it('that was killed leaves nothing under its name, and does it all when it is run again', async () => {
    const output = join(folder, 'killed.mp4')
    const args = ['export', talk, '-o', output, '--height', '360']
    const running = startCommand(args, environment)
    const begun = async (): Promise<boolean> => (await readdir(folder)).includes('.killed.mp4.export')
    while (!(await begun())) await new Promise((resolve) => setTimeout(resolve, 20))
    running.signal('SIGKILL')
    await running.ended
    expect((await readdir(folder)).includes('killed.mp4')).toBe(false)
    await shown(...args)
    expect((await readdir(folder)).filter((name) => name.includes('killed'))).toEqual(['killed.mp4'])
  }, 120_000)
})
