// The page of the fleet, with encoders that report to the real server.
import { apiClient, type EncoderReport } from '@rushes/protocol'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidV7 } from '../../server/src/catalog/identifiers.ts'
import { besideInspection, inspect } from './page-inspection.ts'
import { makeOwner, type OpenedPage, openPage, type ServedPages, servePages } from './served-pages.ts'

let served: ServedPages
let opened: OpenedPage
let page: Page
let client: ReturnType<typeof apiClient>

beforeAll(async () => {
  served = await servePages()
  opened = await openPage(served)
  page = opened.page
  await makeOwner(page, served)
  const made = await page.request.post(`${served.origin}/api/v1/keys`, {
    data: { name: 'encoders' },
    headers: { origin: served.origin },
  })
  const { key } = (await made.json()) as { key: string }
  client = apiClient({ server: served.origin, key })
}, 120_000)
afterAll(async () => {
  clearInterval(beating)
  await served?.close()
}, 30_000)

/** What encoders say over and over: on a loaded machine a test takes longer than the server waits for them. */
const saying = new Map<string, EncoderReport>()
const beating = setInterval(() => {
  for (const [id, report] of saying) client.reportEncoder(id, report, 0).catch(() => {})
}, 2000)

async function says(id: string, report: EncoderReport) {
  saying.set(id, report)
  return client.reportEncoder(id, report, 0)
}

function reportOf(change: Partial<EncoderReport> = {}): EncoderReport {
  return {
    ...{ applied: 0, state: 'idle', event: null, sources: [] },
    ...{ queue: { files: 0, bytes: 0, oldestSeconds: null }, bytesPerSecond: 0, spoolLimit: 40e9, diskFree: 212e9 },
    ...{ warning: null, lastError: null, nextStart: null },
    ...change,
  }
}

async function introduced(name: string, host: string): Promise<string> {
  const id = uuidV7()
  await client.introduceEncoder(id, { name, version: '0.1.0', host })
  return id
}

const card = (name: string) => page.getByRole('article', { name })

describe('the page of the encoders', { timeout: 90_000 }, () => {
  it('is reached from every page, and says so when there is none', async () => {
    await page.getByRole('link', { name: 'Encoders' }).click()
    await page.getByRole('heading', { level: 1, name: 'Encoders' }).waitFor()
    await page.getByText('No encoders yet').waitFor()
    await inspect(page, 'encoders-empty')
  })

  it('shows each encoder as it reports, without a reload', async () => {
    const chapel = await introduced('Chapel', 'rack-1')
    const hall = await introduced('Main hall with a long name of its own', 'encoder-17.campus.example.org')
    await introduced('Spare', 'spare')
    await card('Spare').getByText('Not heard yet').waitFor()
    const event = { id: uuidV7(), title: 'Sunday service', startedAt: new Date().toISOString(), endsAt: null }
    const running = { state: 'running', fps: 29.97, speed: 1, dropped: 0, detail: '' } as const
    const report = reportOf({
      ...{ state: 'recording', event: { ...event, segments: 120, bytes: 75e6, lost: 0 }, bytesPerSecond: 612_000 },
      sources: [
        { ...running, name: 'camera' },
        { ...running, name: 'slides', dropped: 3 },
      ],
      queue: { files: 4, bytes: 2.4e6, oldestSeconds: 3.4 },
    })
    // A few of them, so that there is something to draw.
    for (let step = 0; step < 4; step++) {
      await says(chapel, { ...report, queue: { files: 4, bytes: 1e6 * (step + 1), oldestSeconds: 3 } })
      await says(
        hall,
        reportOf({
          ...{ state: 'recording', event: { ...event, id: uuidV7(), segments: 9, bytes: 1e6, lost: 2 } },
          sources: [{ ...running, name: 'main', state: 'lost', fps: 0, speed: 0, detail: 'Connection timed out' }],
          queue: { files: 1900, bytes: 34e9, oldestSeconds: 3725 },
          ...{ warning: '85 % of the spool waits to be delivered', lastError: 'no answer from https://rushes.example' },
        }),
      )
      await page.waitForTimeout(2500)
    }
    await card('Chapel').getByText('Recording', { exact: true }).waitFor()
    await card('Chapel').getByText('30 frames/s at 1.00×, 3 dropped').waitFor()
    await card('Chapel').getByText('4.0 MB').waitFor()
    await card('Main hall').getByText('Source lost').waitFor()
    await card('Main hall').getByText('Source “main” is lost: Connection timed out.').waitFor()
    expect(await card('Chapel').getByRole('link', { name: 'Sunday service' }).getAttribute('href')).toBe(
      `/watch/${event.id}`,
    )
    await card('Chapel')
      .getByRole('img', { name: /^Waiting over/ })
      .waitFor()
    await inspect(page, 'encoders')
    await says(chapel, { ...report, state: 'off' })
    await card('Chapel')
      .getByText(/^Off since today/)
      .waitFor()
  })

  it('starts and stops an encoder, and says so while it has not answered', async () => {
    const studio = await introduced('Studio', 'rack-2')
    await says(studio, reportOf())
    await card('Studio').getByText('Ready', { exact: true }).waitFor()
    await card('Studio').getByRole('button', { name: 'Start Studio' }).click()
    await page.getByLabel('Title of the recording').fill('Rehearsal')
    await page.getByLabel('It ends').selectOption('by itself after 1 hour')
    await inspect(page, 'encoders-start')
    await page.keyboard.press('Escape')
    expect((await client.encoder(studio)).order).toBeNull()
    await card('Studio').getByRole('button', { name: 'Start Studio' }).press('Enter')
    await page.getByLabel('Title of the recording').fill('Rehearsal')
    await page.getByLabel('It ends').selectOption('by itself after 1 hour')
    await page.getByRole('button', { name: 'Start recording' }).click()
    await card('Studio').getByText('Asked to start “Rehearsal”; it has not answered yet.').waitFor()
    const { generation, order } = await says(studio, reportOf())
    expect(order).toMatchObject({ action: 'start', title: 'Rehearsal', durationSeconds: 3600 })
    const event = { id: order!.event, title: 'Rehearsal', startedAt: new Date().toISOString(), endsAt: null }
    const source = { name: 'main', state: 'running', fps: 30, speed: 1, dropped: 0, detail: '' } as const
    const recording = reportOf({
      ...{ applied: generation, state: 'recording', sources: [source] },
      event: { ...event, segments: 1, bytes: 1, lost: 0 },
    })
    await says(studio, recording)
    await card('Studio').getByText('Recording', { exact: true }).waitFor()
    await card('Studio').getByRole('button', { name: 'Stop Studio' }).click()
    await inspect(page, 'encoders-stop')
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await card('Studio').getByRole('button', { name: 'Stop Studio' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop recording' }).click()
    await card('Studio').getByText('Asked to stop; it has not answered yet.').waitFor()
    expect((await says(studio, recording)).order).toMatchObject({ action: 'stop', event: event.id })
    await says(studio, reportOf({ applied: generation + 1 }))
    await card('Studio').getByRole('button', { name: 'Start Studio' }).waitFor()
  })

  it('plans weekly events, changes and removes them', async () => {
    await card('Studio').getByRole('button', { name: 'Schedule of Studio' }).click()
    const dialog = page.getByRole('dialog', { name: 'Schedule of “Studio”' })
    await dialog.getByText('Nothing is planned.').waitFor()
    await dialog.getByLabel('Title').fill('Sunday service')
    await dialog.getByLabel('From').fill('09:30')
    await dialog.getByLabel('To', { exact: true }).fill('11:00')
    await dialog.getByRole('button', { name: 'Add' }).click()
    await dialog.getByText('Choose at least one day.').waitFor()
    await dialog.getByRole('checkbox', { name: 'Sunday' }).check()
    await dialog.getByLabel('Time zone').selectOption('Europe/Berlin')
    await dialog.getByRole('button', { name: 'Add' }).click()
    await dialog.getByText('Sundays, 09:30 to 11:00, Europe/Berlin').waitFor()
    expect(await dialog.getByLabel('Title').inputValue()).toBe('')
    expect(await dialog.getByLabel('Time zone').inputValue()).toBe(
      await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone),
    )
    await inspect(page, 'encoders-schedule')
    await dialog.getByRole('button', { name: 'Change Sunday service' }).click()
    expect(await dialog.getByRole('checkbox', { name: 'Sunday' }).isChecked()).toBe(true)
    await dialog.getByRole('checkbox', { name: 'Wednesday' }).check()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Wednesdays and Sundays, 09:30 to 11:00, Europe/Berlin').waitFor()
    const [planned] = (await client.encoders()).filter(({ name }) => name === 'Studio').map(({ schedule }) => schedule)
    expect(planned).toMatchObject([{ weekdays: [3, 7], time: '09:30', durationSeconds: 5400, title: 'Sunday service' }])
    await dialog.getByRole('button', { name: 'Remove Sunday service' }).click()
    await dialog.getByText('Nothing is planned.').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
  })

  it('sets from when on somebody is told, and who: the secret is shown once, a test says what went wrong', async () => {
    await page.getByRole('button', { name: 'Alerts' }).click()
    const dialog = page.getByRole('dialog', { name: 'Alerts' })
    await dialog.getByLabel('The oldest file waits longer than').fill('300')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('The limits are saved.').waitFor()
    expect((await client.alertSettings()).limits.behindSeconds).toBe(300)
    // This machine's own address: nothing leaves, and the page says why.
    const url = 'http://localhost:9/told'
    await dialog.getByLabel('Add an address').fill(url)
    await page.keyboard.press('Enter')
    const secret = await dialog.getByLabel(/^Copy the secret now/).inputValue()
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    await dialog.getByRole('button', { name: `Send a test to ${url}` }).click()
    await dialog.getByText(/The last message did not arrive: .*not a public address; 1 to be sent/).waitFor()
    await inspect(page, 'encoders-alerts')
    await dialog.getByRole('button', { name: `Remove ${url}` }).click()
    await dialog.getByText('The last message did not arrive').waitFor({ state: 'detached' })
    expect((await client.alertSettings()).webhooks).toEqual([])
    await dialog.getByRole('button', { name: 'Close' }).click()
  })

  it('renames one', async () => {
    await card('Studio').getByRole('button', { name: 'Rename Studio' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Studio 2')
    await page.keyboard.press('Enter')
    await card('Studio 2').waitFor()
  })

  it('forgets one after asking', async () => {
    await card('Spare').getByRole('button', { name: 'Forget Spare' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await card('Spare').getByRole('button', { name: 'Forget Spare' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Forget', exact: true }).click()
    await page.getByText('“Spare” is forgotten.').waitFor()
    expect(await card('Spare').count()).toBe(0)
    expect((await client.encoders()).map(({ name }) => name)).not.toContain('Spare')
  })

  it('says from when it is when the server is away', async () => {
    saying.clear()
    await served.stopServer()
    await page.getByText(/What stands here is from Today/).waitFor()
    await card('Chapel').waitFor()
    await served.startServer()
    await page.getByText(/What stands here is from/).waitFor({ state: 'detached' })
    // Written down as it ended: nobody reported to the new process yet.
    await card('Chapel').getByText('Sunday service').waitFor()
  })

  it('did all this without an uncaught error or a request to anybody else', () => {
    expect(besideInspection(opened.faults)).toEqual([])
  })
})
