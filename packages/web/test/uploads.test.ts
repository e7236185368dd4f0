// Files that were recorded elsewhere, dropped on the library.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asOwner, type OwnerPages, serveOwnerPages } from './owner-pages.ts'
import { inspect as inspectPage } from './page-inspection.ts'
import { type OpenedPage, openPage } from './served-pages.ts'

let served: OwnerPages
let opened: OpenedPage
let page: Page
let folder: string
let clip: string
let long: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-page-uploads-'))
  clip = makeClip('talk.mp4', '2')
  long = makeClip('lecture.mov', '40 -b:v 4M -minrate 4M -maxrate 4M -bufsize 1M')
  writeFileSync(join(folder, 'notes.mp4'), 'These are notes and nothing that moves. '.repeat(30))
  served = await serveOwnerPages()
  opened = await openPage(served, asOwner)
  page = opened.page
}, 120_000)
afterAll(async () => {
  await served?.close()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

function makeClip(name: string, seconds: string): string {
  const path = join(folder, name)
  const input = '-f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine=frequency=440'
  const args = `-v error -y ${input} -c:v libx264 -preset ultrafast -c:a aac -t ${seconds}`
  execFileSync('ffmpeg', [...args.split(' '), path])
  return path
}

const inspect = (name: string): Promise<void> => inspectPage(page, name)
const choose = (...paths: string[]) => page.getByLabel('Files to upload').setInputFiles(paths)
const panel = () => page.getByRole('region', { name: 'Uploads' })

describe('files on the library', { timeout: 60_000 }, () => {
  it('are uploaded, or refused in plain words, and can be watched at once', async () => {
    await page.goto(`${served.origin}/library`)
    await page.getByText('drop video files').waitFor()
    await choose(clip, join(folder, 'notes.mp4'))
    await panel().getByText('Uploaded: it can be watched now.').waitFor()
    await panel().getByText('This can’t be played, so it was not uploaded').waitFor()
    await inspect('uploads-done')
    await panel().getByRole('link', { name: 'Watch talk.mp4' }).click()
    await page.waitForFunction(() => (document.querySelector('rushes-player')?.media?.duration ?? 0) > 1.9)
    expect(opened.faults).toEqual([])
  })

  it('may be dropped anywhere on it', async () => {
    await page.goto(`${served.origin}/library`)
    await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor()
    // Another file than the first: that one is there already.
    const bytes = Buffer.concat([readFileSync(clip), Buffer.from('\0\0\0\x08free', 'latin1')]).toString('base64')
    const drag = (name: string) =>
      page.evaluate(
        ([content, type]) => {
          const dataTransfer = new DataTransfer()
          const file = new File([Uint8Array.from(atob(content!), (char) => char.charCodeAt(0))], 'dropped.mp4')
          dataTransfer.items.add(file)
          window.dispatchEvent(new DragEvent(type!, { dataTransfer, bubbles: true, cancelable: true }))
        },
        [bytes, name],
      )
    await drag('dragover')
    await page.getByText('Drop files or folders to upload them').waitFor()
    await drag('drop')
    await page.getByRole('link', { name: 'Watch dropped.mp4' }).waitFor()
    expect(await page.getByText('Drop files or folders to upload them').count()).toBe(0)
  })

  it('are paused, resumed and cancelled one by one, by keyboard too', async () => {
    await holdAfter(1)
    await page.goto(`${served.origin}/library`)
    await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor()
    await choose(long)
    await panel()
      .getByText(/MB safe on the server|does not answer/)
      .waitFor()
    await inspect('uploads-running')
    await panel().getByRole('button', { name: 'Pause lecture.mov' }).focus()
    await page.keyboard.press('Enter')
    await panel()
      .getByText(/^Paused\./)
      .waitFor()
    await panel().getByRole('button', { name: 'Resume lecture.mov' }).click()
    await panel().getByRole('button', { name: 'Cancel lecture.mov' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the upload' }).click()
    await panel().waitFor({ state: 'detached' })
    await page.unroute('**/api/v1/uploads/*')
    const left = await page.evaluate(async () => (await fetch('/api/v1/uploads')).json())
    expect(left.uploads.filter((one: { isComplete: boolean }) => !one.isComplete)).toEqual([])
  })

  it('[T5] go on after a reload when they are chosen again', async () => {
    await holdAfter(1)
    await page.goto(`${served.origin}/library`)
    await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor()
    await choose(long)
    await panel()
      .getByText(/does not answer/)
      .waitFor()
    await page.unroute('**/api/v1/uploads/*')
    await holdAfter(0)
    page.once('dialog', (dialog) => void dialog.accept())
    await page.reload()
    await panel().getByText('choose it once more').waitFor()
    await inspect('uploads-left')
    await page.unroute('**/api/v1/uploads/*')
    const sent: number[] = []
    page.on('request', (request) => {
      if (request.method() === 'PATCH') sent.push(Number(request.headers()['upload-offset']))
    })
    await choose(long)
    await panel().getByRole('link', { name: 'Watch lecture.mov' }).waitFor()
    expect(sent[0]).toBeGreaterThan(0)
    const { recordings } = await page.evaluate(async () => (await fetch('/api/v1/recordings')).json())
    expect(recordings[0]).toMatchObject({ title: 'lecture.mov', state: 'published', mp4State: 'ready' })
    expect(recordings[0].sha256).toBe(createHash('sha256').update(readFileSync(long)).digest('hex'))
    expect(opened.faults).toEqual([])
  })
})

/** Lets so many chunks through and no more. */
async function holdAfter(chunks: number): Promise<void> {
  let left = chunks
  await page.route('**/api/v1/uploads/*', async (route) => {
    if (route.request().method() === 'PATCH' && left-- <= 0) await route.abort('connectionfailed')
    else await route.continue()
  })
}
