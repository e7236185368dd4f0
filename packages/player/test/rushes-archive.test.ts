// A universal media file on a page that is nobody's: everything of it in step on one clock.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ArchiveSite, openArchiveSite } from './archive-site.ts'
import {
  type Colour,
  cues,
  damaged,
  events,
  filmed,
  filmedSeconds,
  type MadeMedia,
  makeArchive,
  makeMedia,
  messages,
  painted,
  seconds,
  slide,
  talkItems,
  transcript,
  turn,
  turns,
} from './made-archive.ts'

let site: ArchiveSite
let media: MadeMedia
let talk: Uint8Array

beforeAll(async () => {
  ;[site] = await Promise.all([openArchiveSite()])
  media = makeMedia()
  talk = await makeArchive({
    presentation: media.film,
    metadata: { title: 'A talk <b>of colours</b>', authors: [{ name: 'Ada' }, { name: 'Bo' }] },
    items: talkItems(media),
  })
  site.put('talk.umf', talk)
})

afterAll(() => site?.close())

/** What is to be shown at a time of the timeline, ms. */
function wanted(t: number): { slide: number; cue: string; written: number } {
  return {
    slide: turns.findLast((each) => each.t <= t)?.index ?? -1,
    cue: cues.find(({ from, to }) => from <= t && t < to)?.text ?? '',
    written: messages.filter((each) => each.t <= t).length,
  }
}

type Seen = { t: number; slide: number; cue: string; written: number }

/** What is shown now, read from the page as a person sees it. */
function seen(): Seen {
  const root = document.querySelector('rushes-archive')!.shadowRoot!
  const inside = (tag: string) => root.querySelector(tag)?.shadowRoot
  const name = inside('rushes-archive-slides')?.querySelector('.name')?.textContent ?? ''
  return {
    t: document.querySelector('rushes-archive')!.currentTime * 1000,
    slide: Number(/^Slide (\d+)$/.exec(name)?.[1] ?? 0) - 1,
    cue: inside('rushes-archive-transcript')?.querySelector('[aria-current] .words')?.lastChild?.textContent ?? '',
    written: inside('rushes-archive-chat')?.querySelectorAll('.message').length ?? -1,
  }
}

const ready = (page: Page) =>
  page.waitForFunction(() => (document.querySelector('rushes-archive')?.player?.timing?.readyState ?? 0) >= 1)

const inArchive = (page: Page, selector: string) => page.locator(`rushes-archive >> ${selector}`)

/** The middle of what an element shows; null while it shows nothing. */
function colourOf(page: Page, tag: 'video' | 'img'): Promise<Colour | null> {
  return page.evaluate(async (wish) => {
    const root = document.querySelector('rushes-archive')!.shadowRoot!
    const [host, inside] = wish === 'video' ? ['rushes-player', 'video'] : ['rushes-archive-slides', 'img']
    const element = root.querySelector(host!)?.shadowRoot?.querySelector(inside!) as
      | HTMLVideoElement
      | HTMLImageElement
      | null
    if (element === null || element === undefined) return null
    if (element instanceof HTMLImageElement) await element.decode().catch(() => undefined)
    const canvas = new OffscreenCanvas(1, 1)
    const context = canvas.getContext('2d')!
    context.drawImage(element, 0, 0, 1, 1)
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data
    return [red!, green!, blue!] as [number, number, number]
  }, tag)
}

/** Codecs and scaling change a colour a little. */
function isNear(colour: Colour | null, other: Colour): boolean {
  return colour?.every((each, index) => Math.abs(each - other[index]!) < 16) ?? false
}

describe('rushes-archive', { timeout: 60_000 }, () => {
  it('shows after every seek, forwards and backwards, what belongs to that time: picture, slide, cue, messages', async () => {
    const { page, faults } = await site.open('/talk.umf')
    await ready(page)
    let seed = Date.now() % 2 ** 31
    const first = seed
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    for (let step = 0; step < 12; step++) {
      // 30 ms beside a turn, no pictures of the video are asked for: a frame lasts 40.
      const t = Math.floor(random() * (1000 * seconds - 100))
      await page.evaluate((to) => document.querySelector('rushes-archive')!.seek(to / 1000), t)
      const told = `seed ${first}, step ${step}, ${t} ms`
      await expect
        .poll(async () => ({ ...(await page.evaluate(seen)), t }), { message: told })
        .toEqual({ t, ...wanted(t) })
      await expect
        .poll(async () => isNear(await colourOf(page, 'img'), painted[wanted(t).slide]!), { message: told })
        .toBe(true)
      const frame = (t / 1000) % filmedSeconds
      if (frame < 0.05 || frame > filmedSeconds - 0.05) continue
      const film = filmed[Math.floor(t / 1000 / filmedSeconds)]!
      await expect.poll(async () => isNear(await colourOf(page, 'video'), film), { message: told }).toBe(true)
    }
    expect(await page.title()).toBe('A page')
    expect(faults).toEqual([])
    await page.context().close()
  })
})
