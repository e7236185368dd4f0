// What is inside a file, by dropping it: the page reads it in the browser, and sends nothing of it anywhere.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesSource, openArchive } from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import type { Page, Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  archiveOfADay,
  archiveOfMany,
  hostileName,
  type MadeMedia,
  makeMedia,
  writeLargeArchive,
} from './made-archive.ts'
import { type OwnerPages, serveOwnerPages } from './owner-pages.ts'
import { besideInspection, inspect as inspectPage } from './page-inspection.ts'
import { type OpenedPage, openPage } from './served-pages.ts'

let served: OwnerPages
let opened: OpenedPage
let page: Page
let folder: string
let media: MadeMedia
let day: Uint8Array
/** Since the page was loaded; what the page made itself (blob:) asks nobody. */
let asked: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-page-inspect-'))
  media = makeMedia(folder)
  day = await archiveOfADay(media)
  served = await serveOwnerPages()
  opened = await openPage(served)
  page = opened.page
  page.on('request', (request) => {
    if (!request.url().startsWith('blob:')) asked.push(`${request.method()} ${request.url()}`)
  })
}, 120_000)
afterAll(async () => {
  await served?.close()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

const inspect = (name: string): Promise<void> => inspectPage(page, name)
const heading = (name: string) => page.getByRole('heading', { level: 1, name })

/** The page anew, with the worker that reads files. */
async function start(): Promise<void> {
  const worker = page.waitForEvent('worker')
  await page.goto(`${served.origin}/inspect`)
  await heading('Look inside a file').waitFor()
  await worker
  await page.waitForLoadState('networkidle')
  asked = []
}

async function choose(name: string, bytes: Uint8Array): Promise<void> {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  await page.getByLabel('File to look into').setInputFiles(path)
}

async function drop(name: string, bytes: Uint8Array): Promise<void> {
  await page.evaluate(
    ([content, file]) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([Uint8Array.from(atob(content!), (char) => char.charCodeAt(0))], file!))
      window.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
    },
    [Buffer.from(bytes).toString('base64'), name],
  )
}

const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('button', { name, exact: true }) })
const openItem = (name: string) => page.locator('.item-name').filter({ hasText: name }).click()
const tab = (name: string) => page.getByRole('tab', { name }).click()

describe('a page that shows what is inside a file', { timeout: 60_000 }, () => {
  it('shows all of a signed archive that is dropped, and asks the server nothing', async () => {
    await start()
    await drop('A day.umf', day)
    await heading('A day at the workshop').waitFor()
    await page.getByText('Intact', { exact: true }).waitFor()
    await page.getByText('2 of 2 signatures valid').waitFor()
    await page.waitForFunction(() => (document.querySelector('rushes-player')?.media?.readyState ?? 0) >= 2)
    expect(await page.evaluate(() => document.querySelector('rushes-player')?.media?.duration)).toBeCloseTo(6, 0)

    await openItem('slides/2.png')
    const picture = page.getByRole('img', { name: 'Content of Slide 2' })
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(640)
    await page.getByRole('button', { name: 'Show its place in the file' }).click()
    await page.getByRole('region', { name: 'What is chosen' }).getByText('·PNG').waitFor()
    const patterned = (cells: Element[]) =>
      cells.filter((cell) => getComputedStyle(cell).backgroundImage !== 'none').length
    expect(await page.locator('table.items :is(td, th)').evaluateAll(patterned)).toBe(0)
    await inspect('inspect-item')
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download slides/2.png' }).click()
    const saved = await saving
    expect(saved.suggestedFilename()).toBe('2.png')
    expect(new Uint8Array(readFileSync(await saved.path()))).toEqual(media.slides[1])
    await openItem('interpreter.wav')
    const sound = page.getByLabel('interpreter.wav', { exact: true })
    await expect.poll(() => sound.evaluate((audio: HTMLAudioElement) => audio.duration)).toBeCloseTo(2, 1)
    expect(asked).toEqual([])
    expect(besideInspection(opened.faults)).toEqual([])
  })

  it('gives the main video as a file of its own', async () => {
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download talk.mp4' }).click()
    const bytes = readFileSync(await (await saving).path())
    const archive = await openArchive(bytesSource(day), { sha256 })
    expect(bytes.equals(await archive.bytes('talk.mp4')), 'E4: the slots are zero').toBe(true)
  })

  it('shows when everything is, by keys and wheel', async () => {
    await tab('Timeline')
    const time = page.getByRole('slider', { name: 'Time' })
    await time.focus()
    await page.keyboard.press('End')
    await page.keyboard.press('Home')
    for (let times = 0; times < 8; times++) await page.keyboard.press('ArrowRight')
    await expect.poll(() => time.getAttribute('aria-valuetext')).toMatch(/^1 second: .*chat event: Ada: Hello/)
    expect(await page.evaluate(() => document.querySelector('rushes-player')?.media?.currentTime)).toBeCloseTo(1.2, 1)
    await inspect('inspect-timeline')
    await time.focus()
    const shown = page.locator('.timeline-tools p')
    await page.keyboard.press('+')
    await page.keyboard.press('+')
    await expect.poll(() => shown.textContent()).not.toContain('0:06')
    await page.keyboard.press('0')
    await expect.poll(() => shown.textContent()).toContain('0:06')
    const box = (await time.boundingBox())!
    await page.mouse.move(box.x + box.width / 2, box.y + 40)
    await page.mouse.wheel(0, -300)
    await expect.poll(() => shown.textContent()).not.toContain('0:06')
    await page.getByRole('button', { name: 'When do we begin?' }).click()
    await expect
      .poll(() => page.evaluate(() => document.querySelector('rushes-player')?.media?.currentTime))
      .toBeCloseTo(4.1, 1)
  })

  it('says what it says of itself, who signed it, and of which boxes it is', async () => {
    await tab('About')
    await page.getByText('Ada Example, speaker, ada@example.org').waitFor()
    await page.getByText('warning: the sound is quiet (quiet, interpreter.wav)').waitFor()
    await tab('Signatures')
    const { signatures } = await openArchive(bytesSource(day), { sha256 })
    for (const { signer, key } of signatures) {
      const line = page.getByRole('listitem').filter({ hasText: signer })
      await line.getByText('Valid', { exact: true }).waitFor()
      const fingerprint = createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex')
      expect((await line.locator('code').textContent())?.replaceAll(' ', '')).toBe(fingerprint)
    }
    await inspect('inspect-signatures')
    await page.getByRole('tab', { name: 'Signatures' }).focus()
    await page.keyboard.press('ArrowRight')
    const table = page.getByRole('tabpanel')
    expect(await table.locator('.box-name code').allTextContents()).toEqual(
      expect.arrayContaining(['ftyp', 'umfh', 'moov', 'mdat', 'abcd', 'meta', 'umfs', 'umff']),
    )
    await table.getByText('an extension: somebody’s own').waitFor()
    await table.getByRole('button', { name: 'Boxes in moov' }).click()
    await table.getByText('one track: picture, sound or text').first().waitFor()
    await table.getByRole('button', { name: 'umfh', exact: true }).click()
    await table.getByText('umfh····s256').waitFor()
    await inspect('inspect-boxes')
  })

  it('runs nothing that is in it', async () => {
    await tab('Items')
    await openItem('&lt;bold.html')
    await page.getByText('<script>document.title = "it ran"</script>').waitFor()
    expect(await page.locator('.item-name b').count()).toBe(0)
    expect(await page.locator('.item-name').filter({ hasText: 'bold' }).textContent()).toContain(hostileName)
    await openItem('plan.svg')
    await page.getByRole('button', { name: 'Draw it' }).click()
    const canvas = page.locator('canvas.preview-picture')
    await canvas.waitFor()
    const green = () =>
      canvas.evaluate((drawn: HTMLCanvasElement) => drawn.getContext('2d')?.getImageData(50, 50, 1, 1).data[1])
    await expect.poll(green).toBe(128)
    expect(await page.title()).toBe('A day.umf · Rushes')
    await openItem('budget.bin')
    await page.getByRole('tabpanel').getByText('nothing that any').waitFor()
    await openItem('lecture-hall')
    await page.getByText('Nothing is fetched from there').waitFor()
    expect(asked).toEqual([])
    expect(besideInspection(opened.faults)).toEqual([])
  })

  it('[D6] names what is damaged, and shows where', async () => {
    const archive = await openArchive(bytesSource(day), { sha256 })
    const damaged = day.slice()
    const [offset] = archive.item('slides/3.png').extents![0]!
    damaged[offset + 1000]! ^= 1
    await start()
    await choose('damaged.umf', damaged)
    await page.getByText('One problem was found').waitFor()
    await page.getByText('The content of slides/3.png is damaged.').waitFor()
    await page.getByRole('button', { name: `Show byte ${offset.toLocaleString('en')}` }).click()
    await page.getByRole('region', { name: 'What is chosen' }).getByText('slides/3.png').waitFor()
    await row('slides/3.png Slide 3').getByText('Damaged').waitFor()
    const mark = (await page.getByRole('list', { name: 'Where problems are' }).getByRole('listitem').boundingBox())!
    const part = (await page.getByRole('option', { name: /^slides\/3\.png/ }).boundingBox())!
    expect(Math.abs(mark.x + mark.width / 2 - part.x), 'the mark is where the item begins').toBeLessThan(2)
    await inspect('inspect-damaged')

    await page.getByRole('button', { name: 'Another file' }).click()
    await choose('cut.umf', day.subarray(0, day.length - 200))
    await page.getByText(/follow the end of the archive/).waitFor()
    expect(asked).toEqual([])
  })

  it('shows the boxes of an MP4 that is no archive, and refuses what is neither', async () => {
    await start()
    await choose('plain.mp4', media.video)
    await page.getByText('This is an MP4, and no archive').waitFor()
    await page.waitForFunction(() => (document.querySelector('rushes-player')?.media?.readyState ?? 0) >= 2)
    await page.getByRole('listbox', { name: 'Boxes' }).focus()
    await page.keyboard.press('End')
    await page.getByRole('region', { name: 'What is chosen' }).getByText('mdat', { exact: true }).waitFor()
    await inspect('inspect-plain')
    for (const [name, content, reason] of [
      ['notes.txt', 'These are notes and nothing else. '.repeat(30), 'it looks like text'],
      ['none.umf', '', 'it is empty'],
      ['book.pdf', '%PDF-1.7\n%\xe2\xe3\xcf\xd3', 'it looks like a PDF document'],
    ] as const) {
      const another = page.getByRole('button', { name: 'Another file' })
      if (await another.isVisible()) await another.click()
      await choose(name, Buffer.from(content, 'latin1'))
      await page.getByRole('alert').getByText(reason).waitFor()
    }
    await inspect('inspect-refused')
    expect(asked).toEqual([])
  })

  it('shows the boxes of an archive that breaks the rules, and says which', async () => {
    await start()
    await choose('other.umf', ofVersion7(await archiveOfMany(3)))
    await page.getByText('This archive can’t be opened').waitFor()
    await page
      .getByText(/The description: version: /)
      .first()
      .waitFor()
    await page.getByText('One problem was found').waitFor()
    expect(await page.locator('.box-name code').allTextContents()).toEqual(['ftyp', 'umfh', 'mdat', 'meta', 'umff'])
  })

  it('stays small with 10,000 items', async () => {
    const many = await archiveOfMany(10_000)
    await start()
    await choose('many.umf', many)
    await heading('Very many').waitFor()
    await page.getByText('Intact', { exact: true }).waitFor()
    expect(await page.locator('.item-name').count()).toBe(100)
    await inspect('inspect-many')
    await page.getByRole('navigation', { name: 'Pages of items' }).getByRole('button', { name: 'Last' }).click()
    await page.getByText('9,901–10,000 of 10,001').or(page.getByText('10,001–10,001 of 10,001')).waitFor()
    await page.getByLabel('Find items by name').fill('page-9876')
    await openItem('page-9876.txt')
    await page.getByText('This is page 9876.').waitFor()
    await tab('Timeline')
    await page.getByRole('slider', { name: 'Time' }).waitFor()
    expect(await page.locator('.moment').count()).toBe(100)
    await inspect('inspect-many-timeline')
    expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(3000)
    expect(asked).toEqual([])
  })

  it('checks a large file when it is asked to, says how far it is, and stops at once', async () => {
    const path = join(folder, 'large.umf')
    await writeLargeArchive(path, 320 * 1024 * 1024)
    await start()
    await page.getByLabel('File to look into').setInputFiles(path)
    await heading('A long one').waitFor()
    await page.getByRole('button', { name: 'Check every byte' }).click()
    await page.getByRole('progressbar', { name: 'Checked' }).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('The check was cancelled.').waitFor()
    expect(asked.filter((each) => !each.includes('/assets/'))).toEqual([])
  })

  it('opens an address of this server by a few ranges, and none of another', async () => {
    await start()
    const ranges: string[] = []
    await page.route('**/made/day.umf', (route) => answerRange(route, day, ranges))
    await page.getByText('Open an address on this server').click()
    await page.getByLabel('Address').fill('https://example.org/day.umf')
    await page.getByRole('button', { name: 'Open', exact: true }).click()
    await page.getByText('This page may read from').waitFor()
    await inspect('inspect-address')
    expect(asked).toEqual([])
    await page.getByLabel('Address').fill('/made/day.umf')
    await page.keyboard.press('Enter')
    await heading('A day at the workshop').waitFor()
    await openItem('slides/1.png')
    const picture = page.getByRole('img', { name: 'Content of Slide 1' })
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(640)
    await page.getByRole('button', { name: 'Check every byte' }).click()
    await page.getByText('Intact', { exact: true }).waitFor()
    expect(ranges.every((range) => range.startsWith('bytes='))).toBe(true)
    await page.goto(`${served.origin}/inspect?file=%2Fmade%2Fday.umf`)
    await heading('A day at the workshop').waitFor()
    expect(besideInspection(opened.faults)).toEqual([])
  })
})

/** As a server with ranges does (RFC 9110 §14). */
async function answerRange(route: Route, bytes: Uint8Array, ranges: string[]): Promise<void> {
  const range = (await route.request().allHeaders())['range'] ?? ''
  ranges.push(range)
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? []
  const start = from === '' ? Math.max(0, bytes.length - Number(to)) : Number(from)
  const end = from === '' || to === '' ? bytes.length : Math.min(bytes.length, Number(to) + 1)
  await route.fulfill({
    status: 206,
    headers: { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}`, 'accept-ranges': 'bytes', etag: '"day"' },
    contentType: 'video/mp4',
    body: Buffer.from(bytes.subarray(start, end)),
  })
}

/** Whole, and of a version that nobody knows: what a hostile writer can make. */
function ofVersion7(archive: Uint8Array): Uint8Array {
  const bytes = Buffer.from(archive)
  const digest = (part: Uint8Array) => createHash('sha256').update(part).digest()
  bytes.write('7', bytes.indexOf('{"version":1') + '{"version":'.length)
  const anchor = bytes.subarray(-128)
  const index = Number(anchor.readBigUInt64BE(16))
  digest(bytes.subarray(index + 8, index + Number(anchor.readBigUInt64BE(24)))).copy(anchor, 64)
  digest(anchor.subarray(0, 96)).copy(anchor, 96)
  return bytes
}
