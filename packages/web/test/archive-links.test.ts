// A recording as one file with everything in it: to be had, and looked into, where the recording is.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesSource, checkArchive, openArchive } from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { archiveOfADay, makeMedia } from './made-archive.ts'
import { besideInspection, inspect } from './page-inspection.ts'
import { makeOwner, type OpenedPage, openPage, type ServedPages, servePages } from './served-pages.ts'

let served: ServedPages
let owner: OpenedPage
let page: Page
let folder: string
let day: Uint8Array

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-archive-links-'))
  day = await archiveOfADay(makeMedia(folder))
  // Signed in as people are: a browser's own downloads carry its cookies, and no header of a test's.
  served = await servePages()
  owner = await openPage(served)
  page = owner.page
  await makeOwner(page, served)
  await page.goto(`${served.origin}/library`)
  const file = { name: 'day.umf', mimeType: 'application/mp4', buffer: Buffer.from(day) }
  await page.getByLabel('Files to upload').setInputFiles(file)
  await page.getByRole('link', { name: /^Look inside / }).waitFor()
}, 180_000)
afterAll(async () => {
  await served?.close()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

/** By keys alone, as somebody without a mouse has it. */
async function downloaded(from: Page, name: RegExp): Promise<Uint8Array> {
  const coming = from.waitForEvent('download')
  await from.getByRole('link', { name }).focus()
  await from.keyboard.press('Enter')
  const download = await coming
  expect(download.suggestedFilename()).toMatch(/\.umf$/)
  return readFileSync(await download.path())
}

async function itemsOf(bytes: Uint8Array): Promise<string[]> {
  expect((await checkArchive(bytesSource(bytes), { sha256 })).problems).toEqual([])
  return (await openArchive(bytesSource(bytes), { sha256 })).items().map(({ name }) => name)
}

async function lookInside(from: Page): Promise<void> {
  await from.getByRole('link', { name: /^Look inside / }).focus()
  await from.keyboard.press('Enter')
  await from.getByRole('heading', { level: 1, name: 'A day at the workshop' }).waitFor({ timeout: 30_000 })
}

describe('a recording as an archive on the pages', { timeout: 180_000 }, () => {
  it('is had from the library, whole, and looked into', async () => {
    const names = (await openArchive(bytesSource(day), { sha256 })).items().map(({ name }) => name)
    expect(new Set(await itemsOf(await downloaded(page, /^Download UMF of /)))).toEqual(new Set(names))
    await inspect(page, 'library-archive-links')
    await lookInside(page)
    await page.getByText('slides/1.png').first().waitFor()
  })

  it('is had from the page where it is watched, beside the other files', async () => {
    await page.goto(`${served.origin}/library`)
    await page.locator('rushes-title a').first().click()
    await page.getByRole('link', { name: 'Download MP4' }).waitFor()
    expect((await itemsOf(await downloaded(page, /^Download UMF of /))).length).toBeGreaterThan(3)
    await inspect(page, 'watch-archive-links')
    await lookInside(page)
    expect(besideInspection(owner.faults)).toEqual([])
  })

  it('has for whoever has the link what everybody may read', async () => {
    const { recordings } = await (await page.request.get(`${served.origin}/api/v1/recordings`)).json()
    const guest = await openPage(served)
    await guest.page.goto(recordings[0].shareUrl)
    const href = await guest.page.getByRole('link', { name: /^Download UMF of / }).getAttribute('href')
    expect(href).toMatch(/^\/r\/[\w-]+\/file\.umf$/)
    await itemsOf(await downloaded(guest.page, /^Download UMF of /))
    await lookInside(guest.page)
    expect(besideInspection(guest.faults)).toEqual([])
    await guest.context.close()
  })
})
