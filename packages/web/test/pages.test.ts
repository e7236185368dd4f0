// What people do on the pages, from the one-time link to the recording that somebody else watches.
import { spawnSync } from 'node:child_process'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { besideInspection, inspect as inspectPage } from './page-inspection.ts'
import { type OpenedPage, openPage, recordWebm, type ServedPages, servePages } from './served-pages.ts'

let served: ServedPages
let opened: OpenedPage
let page: Page

beforeAll(async () => {
  served = await servePages()
  opened = await openPage(served)
  page = opened.page
}, 120_000)
afterAll(async () => {
  await served?.close()
}, 30_000)

const inspect = (name: string): Promise<void> => inspectPage(page, name)

const heading = (words: string) => page.getByRole('heading', { level: 1, name: words })
const goTo = (path: string) => page.goto(served.origin + path)

const playerTime = (of: Page) =>
  of.waitForFunction(() => (document.querySelector('rushes-player')?.media?.currentTime ?? 0) > 0.2)

/** Chooses the camera and records until something is safe on the server, or what else is to be said. */
async function recordFromCamera(said: RegExp = /^(All safe|Safe as you go)$/): Promise<void> {
  await goTo('/record')
  await page.getByRole('radio', { name: /^Camera/ }).check()
  await page.getByRole('checkbox', { name: /Count down/ }).uncheck()
  await page.getByRole('button', { name: 'Record', exact: true }).click()
  await page.getByText(said).waitFor()
}

describe('the pages', { timeout: 90_000 }, () => {
  it('lead from the one-time link to an account', async () => {
    await goTo('/')
    await heading('Sign in').waitFor()
    await page.getByText('This server has no account yet.').waitFor()
    await inspect('login')
    await goTo('/setup')
    await heading('This link is not complete').waitFor()
    await page.goto(`${served.origin}/setup#wrong-token`)
    await page.reload()
    await page.getByLabel('Your name').fill('Ada Example')
    await page.getByLabel('E-mail').fill('ada@example.org')
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await page.getByRole('button', { name: 'Make the account', exact: true }).click()
    await page.getByText('This link was used already or is not complete.').waitFor()
    await inspect('setup')
    await page.goto(served.setupUrl)
    await page.reload()
    await page.getByLabel('Your name').fill('Ada Example')
    await page.getByLabel('E-mail').fill('ada@example.org')
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await page.keyboard.press('Enter')
    await heading('Record').waitFor()
    expect(page.url()).not.toContain('#')
  })

  it('show an empty library that leads to the recorder', async () => {
    await page.getByRole('link', { name: 'Library' }).click()
    await heading('Library').waitFor()
    await page.getByText('No recordings yet').waitFor()
    await inspect('library-empty')
    await page.getByRole('link', { name: 'Make the first one' }).click()
    await heading('Record').waitFor()
  })

  it('offer screen, camera and microphone, with a picture and a level before it begins', async () => {
    await inspect('record-screen')
    await page.getByRole('radio', { name: /^Camera/ }).check()
    await page.waitForFunction(
      () => (document.querySelector('.preview-main video') as HTMLVideoElement)?.videoWidth > 0,
    )
    await page.waitForFunction(() => (document.querySelector('progress.bar-level') as HTMLProgressElement)?.value > 0.1)
    await inspect('record-camera')
    await page.getByText('More settings', { exact: true }).click()
    await page.getByLabel('Largest picture', { exact: true }).waitFor()
    await inspect('record-settings')
  })

  it('count down, and can be called back', async () => {
    // Its seconds last long enough to be looked at.
    await page.evaluate(() => {
      const inTime = window.setTimeout
      const slow = (run: TimerHandler, ms?: number) => inTime(run, ms === 1000 ? 120_000 : ms)
      window.setTimeout = slow as typeof window.setTimeout
    })
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByText('Get ready').waitFor()
    await inspect('countdown')
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await heading('Record').waitFor()
  })

  it('record: the figures move, a pause holds the clock, other pages show that it runs', async () => {
    await recordFromCamera()
    await inspect('live')
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await page.getByRole('status').filter({ hasText: 'Paused' }).waitFor()
    const held = await page.getByRole('timer').textContent()
    await page.waitForTimeout(1500)
    expect(await page.getByRole('timer').textContent()).toBe(held)
    await inspect('paused')
    await page.getByRole('button', { name: 'Resume', exact: true }).click()
    await page.getByRole('link', { name: 'Library' }).click()
    await page.getByText('Recording now').waitFor()
    await inspect('library-live')
    await page.getByRole('link', { name: /back to the running recording/ }).click()
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor()
  })

  it('have it published, playing, its link copied, the moment it stops', async () => {
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByText('the link is already copied').waitFor()
    await playerTime(page)
    const link = await page.getByLabel('Link for everybody who gets it').inputValue()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link)
    expect(link).toMatch(/\/r\/[\w-]+$/)
    await inspect('done')
    await page.getByRole('button', { name: /^Rename/ }).click()
    await page.getByLabel('Title').fill('A first talk')
    await page.keyboard.press('Enter')
    await heading('A first talk').waitFor()

    const guest = await openPage(served)
    await guest.page.goto(link)
    await guest.page.getByRole('heading', { name: 'A first talk' }).waitFor()
    expect(await guest.page.getByRole('button', { name: /Rename/ }).count()).toBe(0)
    await guest.page.keyboard.press('k')
    await playerTime(guest.page)
    const file = await guest.page.getByRole('link', { name: 'Download MP4' }).getAttribute('href')
    const download = await guest.page.request.get(served.origin + file)
    expect(download.status()).toBe(200)
    expect(guest.faults).toEqual([])
    await guest.context.close()
  })

  it('keep recording while the server is away, and say so', async () => {
    await recordFromCamera()
    await served.stopServer()
    await page.getByText(/waiting: the server is away; still recording/).waitFor()
    await inspect('live-server-away')
    await served.startServer()
    await page.getByText(/^(All safe|Safe as you go)$/).waitFor({ timeout: 30_000 })
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByText('Ready to watch').waitFor({ timeout: 30_000 })
    await playerTime(page)
  })

  it('restore a recording that a reload cut off, although only the library is visited', async () => {
    await recordFromCamera()
    await served.stopServer()
    await page.getByText(/waiting: the server is away/).waitFor()
    page.once('dialog', (dialog) => void dialog.accept())
    // The tab goes away in the middle of it, with bytes that are nowhere but in its storage.
    await page.goto('about:blank')
    await served.startServer()
    await goTo('/library')
    await page.getByText(/^Restored: your recording/).waitFor({ timeout: 30_000 })
    await inspect('restored')
    await page.getByRole('link', { name: 'Watch it' }).click()
    await page.locator('rushes-player').waitFor()
    await page.keyboard.press('k')
    await playerTime(page)
  })

  it('show several that are kept, give them as files without a server, and deliver all once somebody is signed in', {
    timeout: 180_000,
  }, async () => {
    const creating = (url: URL) => url.pathname === '/api/v1/recordings'
    await page.route(creating, (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()))
    for (let number = 0; number < 3; number++) {
      await recordFromCamera(/waiting: the server is away/)
      await page
        .getByRole('timer')
        .filter({ hasText: /^0:0[3-9]$/ })
        .waitFor()
      page.once('dialog', (dialog) => void dialog.accept())
      await page.goto('about:blank')
    }
    const lines = page.locator('.restore li')

    const cookies = await opened.context.cookies()
    await opened.context.clearCookies()
    await goTo('/login')
    await lines
      .getByText(/still on this device$/)
      .nth(2)
      .waitFor()
    expect(await lines.getByRole('button').allTextContents()).toEqual(Array(3).fill('Download the file'))
    await inspect('login-kept')
    await opened.context.addCookies(cookies)

    // Something answers with the pages, but not the server behind it; then nothing answers at all.
    await page.route('**/api/v1/session', (route) => route.abort())
    await goTo('/library')
    await heading('The server does not answer').waitFor()
    await lines
      .getByText(/the server is away, trying again$/)
      .first()
      .waitFor()
    expect(await lines.count()).toBe(3)
    await inspect('unreachable-kept')
    await served.stopServer()
    const download = page.waitForEvent('download')
    await lines.first().getByRole('button', { name: 'Download the file', exact: true }).click()
    const decode = ['-v', 'error', '-i', await (await download).path(), '-f', 'null', '-']
    const { status, stderr } = spawnSync('ffmpeg', decode)
    expect([status, String(stderr)]).toEqual([0, ''])
    await served.startServer()
    await page.unroute('**/api/v1/session')

    // A page without a place for them says it in a few words.
    await goTo('/settings')
    await heading('Settings').waitFor()
    await page.unroute(creating)
    await page.getByText('3 recordings are restored.').waitFor({ timeout: 45_000 })
    await page.getByRole('link', { name: 'Record', exact: true }).click()
    await page
      .getByText(/^Restored: your recording/)
      .nth(2)
      .waitFor()
    for (let left = 3; left > 0; left--) {
      await page.getByRole('button', { name: 'Fine', exact: true }).first().click()
      await expect.poll(() => lines.count()).toBe(left - 1)
    }
  })

  it('list recordings; rename, copy the link, delete after asking', async () => {
    await page.getByRole('link', { name: 'Library' }).click()
    await page.getByRole('link', { name: 'A first talk', exact: true }).waitFor()
    await inspect('library')
    const before = await page.locator('.recording').count()
    await page.getByRole('button', { name: 'Copy link to A first talk', exact: true }).click()
    await page.getByText('The link is copied.').waitFor()
    await page.getByRole('button', { name: 'Delete A first talk', exact: true }).click()
    await page.getByRole('dialog').waitFor()
    await inspect('delete')
    await page.keyboard.press('Escape')
    expect(await page.locator('.recording').count()).toBe(before)
    await page.getByRole('button', { name: 'Delete A first talk', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('“A first talk” is deleted.').waitFor()
    expect(await page.locator('.recording').count()).toBe(before - 1)
  })

  it('turn into the finished video by themselves when what is recorded stops', async () => {
    await recordFromCamera()
    const other = await opened.context.newPage()
    await other.goto(`${served.origin}/library`)
    await other.locator('.recording', { hasText: 'Recording now' }).getByRole('heading').getByRole('link').click()
    // It is watched while it is recorded.
    await other.getByRole('button', { name: /^(Live|.* Go to live)$/ }).waitFor()
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await other.locator('rushes-player').waitFor({ timeout: 10_000 })
    await other.getByText('The recording is finished and can be watched.').waitFor({ state: 'attached' })
    await other.close()
  })

  it('record the screen with the camera in a bubble', async () => {
    await goTo('/record')
    await page.getByRole('radio', { name: /Screen and camera/ }).check()
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByText(/^(All safe|Safe as you go)$/).waitFor()
    await page.waitForFunction(
      () => (document.querySelector('.preview-bubble video') as HTMLVideoElement)?.videoWidth > 0,
    )
    await inspect('live-bubble')
    await page.getByLabel('Camera bubble', { exact: true }).selectOption('Hidden')
    await page.locator('.bubble-grip').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Discard', exact: true }).click()
    await heading('Discarded').waitFor()
    await inspect('discarded')
    await page.getByRole('button', { name: /^Undo/ }).click()
    await page.getByRole('status').filter({ hasText: 'Recording' }).waitFor()
    // As when the sharing is ended from the browser's own bar.
    await page.evaluate(() => {
      const { srcObject } = document.querySelector('video[data-source="screen"]') as HTMLVideoElement
      for (const track of (srcObject as MediaStream).getTracks()) {
        track.stop()
        track.dispatchEvent(new Event('ended')) // for others' doing alone the browser says it
      }
    })
    await page.getByText('The screen is no longer shared: recording goes on without it.').waitFor()
    await inspect('live-notice')
    await page.keyboard.press('Shift+D')
    await page.getByRole('button', { name: 'Delete it now', exact: true }).click()
    await heading('Record').waitFor()
  })

  it('keep a recording that is stopped while the server is away, as a file too, and deliver it by themselves', async () => {
    await recordFromCamera()
    await served.stopServer()
    await page.getByText(/waiting: the server is away/).waitFor()
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await heading('Your recording is safe on this device').waitFor({ timeout: 30_000 })
    await inspect('kept')
    const file = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download the file', exact: true }).click()
    expect((await file).suggestedFilename()).toMatch(/\.(mp4|webm)$/)
    await served.startServer()
    await page.getByText('Ready to watch').waitFor({ timeout: 30_000 })
    await playerTime(page)
  })

  it('say what to do when the browser refuses, or has no such device', async () => {
    const refused = async (name: string, words: RegExp) => {
      const other = await opened.context.newPage()
      await other.addInitScript((fault) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('refused', fault))
      }, name)
      await other.goto(`${served.origin}/record`)
      await other.getByRole('radio', { name: /^Camera/ }).check()
      await other.getByRole('button', { name: 'Record', exact: true }).click()
      await other.getByRole('alert').filter({ hasText: words }).first().waitFor()
      if (name === 'NotAllowedError') await inspectPage(other, 'record-refused')
      await other.close()
    }
    await refused('NotAllowedError', /Allow it with the icon/)
    await refused('NotFoundError', /There is no such device/)
    await refused('NotReadableError', /Another program is using/)
  })

  it('say at an address without HTTPS that recording needs it', async () => {
    const guest = await served.browser.newContext()
    const there = await guest.newPage()
    await there.goto(`${served.origin.replace('127.0.0.1', 'rushes.test')}/login`)
    await there.getByLabel('E-mail').fill('ada@example.org')
    await there.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await there.keyboard.press('Enter')
    await there.getByText('Recording does not work at this address').waitFor()
    await inspectPage(there, 'record-insecure')
    await guest.close()
  })

  it('play what the browser can: VP8 as WebM, never as MP4', async () => {
    const made = await page.request.post(`${served.origin}/api/v1/keys`, {
      data: { name: 'command line' },
      headers: { origin: served.origin },
    })
    const { key } = (await made.json()) as { key: string }
    const id = recordWebm(served, key)
    const fetched: string[] = []
    const other = await opened.context.newPage()
    other.on('request', (request) => fetched.push(request.url()))
    await other.goto(`${served.origin}/watch/${id}`)
    await other.locator('rushes-player').waitFor()
    await other.keyboard.press('k')
    await playerTime(other)
    expect(await other.evaluate(() => document.querySelector('rushes-player')?.media?.currentSrc)).toContain('.webm')
    expect(fetched.filter((url) => url.includes('.mp4'))).toEqual([])
    await other.close()
  })

  it('explain what cannot be watched yet, what was damaged, what never stopped', async () => {
    const known = await (await page.request.get(`${served.origin}/api/v1/recordings`)).json()
    // Long enough to start a second into it.
    const recording = known.recordings.find(({ durationMs }: { durationMs: number }) => durationMs > 1500)
    const show = async (change: object) => {
      await page.unroute('**/api/v1/recordings/*')
      await page.route('**/api/v1/recordings/*', (route) => route.fulfill({ json: { ...recording, ...change } }))
      await goTo(`/watch/${recording.id}`)
    }
    await show({
      mp4State: 'needs-encode',
      mp4Url: null,
      webmState: 'needs-encode',
      webmUrl: null,
      viewNote: 'H.263 has to be encoded anew',
    })
    await page.getByText('Browsers can’t play this recording as it is').waitFor()
    await page.getByText('H.263 has to be encoded anew').waitFor()
    await inspect('needs-encode')
    await show({ endReason: 'quiet' })
    await page.getByText('published as far as it came').waitFor()
    await show({ damage: { code: 'bad', message: 'a box has no end', offset: 5 } })
    await page.getByText('a box has no end').waitFor()
    await show({ state: 'receiving', publishedAt: null })
    await page.getByText('This is being recorded at this moment.').waitFor()
    await inspect('watch-live')
    await page.unroute('**/api/v1/recordings/*')
    await goTo(`/watch/${recording.id}?t=1s`)
    await page.waitForFunction(() => document.querySelector('rushes-player')?.media?.currentTime === 1)
    await inspect('watch')
  })

  it('page through a long library', async () => {
    const before = Number(
      await (await page.request.get(`${served.origin}/api/v1/recordings`))
        .json()
        .then(({ recordings }) => recordings.length),
    )
    for (let number = 0; number < 60; number++) {
      await page.request.post(`${served.origin}/api/v1/recordings`, {
        data: { title: `Number ${number}` },
        headers: { origin: served.origin },
      })
    }
    await goTo('/library')
    await page.getByText('Number 59').waitFor()
    await page.getByRole('button', { name: 'Show more', exact: true }).click()
    await page.getByText('Number 0', { exact: true }).waitFor()
    expect(await page.locator('.recording').count()).toBe(before + 60)
  })

  it('make API keys, show them once, revoke them', async () => {
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Name of a new key').fill('laptop')
    await page.keyboard.press('Enter')
    const key = await page.locator('#new-key').inputValue()
    const asProgram = () =>
      page.request.fetch(`${served.origin}/api/v1/recordings`, {
        headers: { authorization: `Bearer ${key}`, cookie: '' },
      })
    expect((await asProgram()).status()).toBe(200)
    await inspect('settings')
    await page.getByRole('button', { name: 'Revoke laptop', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke key', exact: true }).click()
    await page.getByText('“laptop” is revoked.').waitFor()
    expect((await asProgram()).status()).toBe(401)
  })

  it('say plainly when a link leads nowhere', async () => {
    await goTo('/watch/00000000-0000-7000-8000-000000000000')
    await heading('This recording is not here').waitFor()
    await inspect('missing')
  })

  it('sign out, and come back to where one was', async () => {
    await goTo('/settings')
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await heading('Sign in').waitFor()
    await goTo('/settings')
    await heading('Sign in').waitFor()
    await page.getByLabel('E-mail').fill('ada@example.org')
    await page.getByLabel('Password', { exact: true }).fill('not my password')
    await page.keyboard.press('Enter')
    await page.getByText('E-mail or password is not right.').waitFor()
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await page.keyboard.press('Enter')
    await heading('Settings').waitFor()
  })

  it('did all this without an uncaught error or a request to anybody else', () => {
    // Axe puts empty <style> elements into the page; the guest's page, without it, had no violation at all.
    expect(besideInspection(opened.faults)).toEqual([])
  })
})
