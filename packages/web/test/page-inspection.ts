import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { seriousFaults } from '../../player/test/accessibility.ts'

/** With RUSHES_SHOTS, a folder, every state is also drawn in light, dark and at a phone's width. */
const shotsFolder = process.env['RUSHES_SHOTS']

const wide = { width: 1280, height: 800 }
const narrow = { width: 360, height: 740 }

/** Faults that are the page's own: an inspection styles elements inline, which the policy refuses and says. */
export function besideInspection(faults: readonly string[]): string[] {
  return faults.filter((fault) => !fault.includes('Applying inline style'))
}

/** The page as it stands: readable in light, in dark and on a phone, and no wider than that. */
export async function inspect(page: Page, name: string): Promise<void> {
  await inspectColours(page, name)
  await page.setViewportSize(narrow)
  await drawn(page)
  await expectNothingTooWide(page, `${name} at 360 px`)
  await expectNothingSerious(page, `${name}, 360 px`)
  await shoot(page, `${name}-narrow`)
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  await drawn(page)
  await shoot(page, `${name}-narrow-dark`)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(wide)
}

/** A phone's page, in its own size: readable in light and in dark, no wider than it is, and every button can be pressed. */
export async function inspectPhone(page: Page, name: string): Promise<void> {
  await inspectColours(page, name)
  await expectNothingTooWide(page, name)
  const outOfReach = await page.evaluate(() => {
    const buttons = [...document.querySelectorAll<HTMLElement>('button, a[href]:not(.skip), input, select, summary')]
    const reached = buttons
      .filter((button) => button.checkVisibility())
      .filter((button) => {
        button.scrollIntoView({ block: 'nearest' })
        const { x, y, width, height } = button.getBoundingClientRect()
        const there = document.elementFromPoint(x + width / 2, y + height / 2)
        return !button.contains(there) && !there?.closest('label')?.contains(button)
      })
    window.scrollTo(0, 0)
    return reached.map((button) => button.outerHTML.slice(0, 150))
  })
  expect(outOfReach, name).toEqual([])
}

/** Light again when it is done. */
async function inspectColours(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await drawn(page)
    await expectNothingSerious(page, `${name}, ${colorScheme}`, colorScheme === 'dark')
    await shoot(page, `${name}-${colorScheme}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

async function expectNothingTooWide(page: Page, message: string): Promise<void> {
  const tooWide = await page.evaluate(() =>
    document.documentElement.scrollWidth <= window.innerWidth
      ? []
      : [...document.querySelectorAll('body *')]
          .filter((element) => element.getBoundingClientRect().right > window.innerWidth)
          .map((element) => element.outerHTML.slice(0, 150)),
  )
  expect(tooWide, message).toEqual([])
}

/** A busy machine may show some of it in the colours or the places that were there before. */
async function expectNothingSerious(page: Page, message: string, coloursAlone = false): Promise<void> {
  await expect.poll(() => seriousFaults(page, coloursAlone), { message, timeout: 10_000 }).toEqual([])
}

/** Two frames on, what changed has been laid out and painted. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}

async function shoot(page: Page, name: string): Promise<void> {
  if (shotsFolder === undefined) return
  mkdirSync(shotsFolder, { recursive: true })
  await page.waitForTimeout(200)
  await page.screenshot({ path: join(shotsFolder, `${name}.png`), fullPage: true })
}
