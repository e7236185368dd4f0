// A universal media file on a page that is nobody's: everything of it in step on one clock.
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seriousFaults } from './accessibility.ts'
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
  site = await openArchiveSite()
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

/** Two cores are shared with other browsers. */
const eventually = <Value>(read: () => Value | Promise<Value>, message = '') =>
  expect.poll(read, { timeout: 15_000, message })

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
      await eventually(async () => ({ ...(await page.evaluate(seen)), t }), told).toEqual({ t, ...wanted(t) })
      await eventually(async () => isNear(await colourOf(page, 'img'), painted[wanted(t).slide]!), told).toBe(true)
      const frame = (t / 1000) % filmedSeconds
      if (frame < 0.05 || frame > filmedSeconds - 0.05) continue
      const film = filmed[Math.floor(t / 1000 / filmedSeconds)]!
      await eventually(async () => isNear(await colourOf(page, 'video'), film), told).toBe(true)
    }
    expect(await page.title()).toBe('A page')
    expect(faults).toEqual([])
    await page.context().close()
  })

  it('stays in step while it plays at twice the speed: what is shown at any frame is not more than a moment old', async () => {
    const { page, faults } = await site.open('/talk.umf')
    await ready(page)
    await page.evaluate(async () => {
      const archive = document.querySelector('rushes-archive')!
      archive.seek(3)
      archive.player!.timing!.playbackRate = 2
      await archive.play()
    })
    const samples: Seen[] = []
    while ((samples.at(-1)?.t ?? 0) < 10_000) {
      samples.push(await page.evaluate(seen))
      await page.waitForTimeout(40)
    }
    expect(new Set(samples.map((each) => each.slide)).size).toBeGreaterThanOrEqual(3)
    for (const { t, ...shown } of samples) {
      // The page reads its clock once a frame, and this test reads it a little later; both on a busy machine.
      const recent = Array.from({ length: 61 }, (_, step) => wanted(t - 10 * step))
      expect(recent, `at ${t} ms: ${JSON.stringify(shown)}`).toContainEqual(shown)
    }
    await page.evaluate(() => document.querySelector('rushes-archive')!.pause())
    expect(faults).toEqual([])
    await page.context().close()
  })

  it('[O5] fetches what is near and nothing else: one request opens it, one more for each slide', async () => {
    site.asked.length = 0
    const { page } = await site.open('/talk.umf')
    await ready(page)
    const byScript = () => site.asked.filter(({ by }) => by === 'script').map(({ range }) => range)
    await eventually(async () => isNear(await colourOf(page, 'img'), painted[0]!)).toBe(true)
    // Index, events and transcript lie in the tail; then the slide, and the next one.
    await eventually(() => byScript().length).toBe(3)
    expect(byScript()[0]).toBe('bytes=-65536')
    await page.evaluate(() => document.querySelector('rushes-archive')!.seek(17.5))
    await eventually(async () => isNear(await colourOf(page, 'img'), painted[4]!)).toBe(true)
    // The slide and the one before it; the one in the middle is never asked for.
    await eventually(() => byScript().length).toBe(5)
    expect(new Set(byScript()).size).toBe(5)
    await page.context().close()

    const many = Array.from({ length: 1000 }, (_, index) => {
      return { item: { name: `data/${index}`, type: 'data', contentType: 'text/plain' }, content: new Uint8Array(8) }
    })
    const items = [...media.pictures.slice(0, 1).map((content) => ({ item: slide('a.png'), content })), ...many]
    site.put('many.umf', await makeArchive({ items }))
    site.asked.length = 0
    const { page: other } = await site.open('/many.umf')
    await eventually(async () => isNear(await colourOf(other, 'img'), painted[0]!)).toBe(true)
    expect(site.asked.length).toBe(3) // tail, index, item
    await other.context().close()
  })

  it('fetches none of the slides that one leaps over, however slow the server is', async () => {
    const slides = Array.from({ length: 30 }, (_, index) => {
      return { item: slide(`slides/${index}`, { startMs: 1000 * index }), content: media.pictures[index % 5]! }
    })
    const padding = {
      item: { name: 'padding', type: 'data', contentType: 'text/plain' },
      content: new Uint8Array(70_000),
    }
    site.put('slow.umf', await makeArchive({ items: [...slides, padding] }))
    const { page } = await site.open('/slow.umf')
    await eventually(async () => isNear(await colourOf(page, 'img'), painted[0]!)).toBe(true)
    await eventually(() => site.asked.filter(({ path }) => path === '/slow.umf').length).toBe(3)
    const release = site.hold()
    site.asked.length = 0
    for (let second = 0; second < 30; second++) {
      await page.evaluate(async (to) => {
        document.querySelector('rushes-archive')!.seek(to)
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      }, second)
    }
    expect(site.asked.length).toBe(2)
    release()
    await eventually(async () => isNear(await colourOf(page, 'img'), painted[4]!)).toBe(true)
    // Two that were under way, the last one, and the one before it.
    await eventually(() => site.asked.length).toBe(4)
    await page.context().close()
  })

  it('plays a file from disk, on the example page, and lets go of all that it held', async () => {
    const { page, faults } = await site.open('/examples/archive.html')
    await page.evaluate(() => {
      const held = new Set<string>()
      const { createObjectURL, revokeObjectURL } = URL
      URL.createObjectURL = (blob) => {
        const url = createObjectURL.call(URL, blob)
        held.add(url)
        return url
      }
      URL.revokeObjectURL = (url) => {
        held.delete(url)
        revokeObjectURL.call(URL, url)
      }
      Object.assign(globalThis, { held })
    })
    const held = () => page.evaluate(() => (globalThis as unknown as { held: Set<string> }).held.size)
    await page.locator('input').setInputFiles({ name: 'talk.umf', mimeType: '', buffer: Buffer.from(talk) })
    await ready(page)
    expect(await page.title()).toBe('A talk <b>of colours</b>')
    for (const t of [12_500, 4500, 18_000]) {
      await page.evaluate((to) => document.querySelector('rushes-archive')!.seek(to / 1000), t)
      await eventually(async () => isNear(await colourOf(page, 'img'), painted[wanted(t).slide]!)).toBe(true)
      await eventually(async () => isNear(await colourOf(page, 'video'), filmed[Math.floor(t / 5000)]!)).toBe(true)
    }
    expect(await held()).toBeGreaterThan(2)
    await page.evaluate(() => document.querySelector('rushes-archive')!.remove())
    expect(await held()).toBe(0)
    expect(faults).toEqual([])
    await page.context().close()
  })

  it('goes where one points: a cue, a message, the slide before; panels are hidden and come back', async () => {
    const { page } = await site.open('/talk.umf')
    await ready(page)
    const time = () => page.evaluate(() => Math.round(document.querySelector('rushes-archive')!.currentTime * 1000))
    await inArchive(page, '.cue').filter({ hasText: 'Words 7' }).click()
    await eventually(time).toBe(14_200)
    await eventually(async () => (await page.evaluate(seen)).cue).toBe('Words 7')
    await inArchive(page, '.message').filter({ hasText: 'Message 6' }).getByRole('button').click()
    await eventually(time).toBe(9000)
    await inArchive(page, 'rushes-archive-slides').getByRole('button', { name: 'Previous slide' }).press('Enter')
    await eventually(time).toBe(4000)
    await inArchive(page, 'rushes-player').evaluate((player: HTMLElement) =>
      player.shadowRoot!.querySelector<HTMLElement>('media-controller')!.focus(),
    )
    await page.keyboard.press('n')
    await eventually(time).toBe(5000)
    const toggle = page.getByRole('button', { name: 'Transcript' })
    await toggle.click()
    expect(await toggle.getAttribute('aria-pressed')).toBe('false')
    expect(await inArchive(page, 'rushes-archive-transcript').count()).toBe(0)
    await toggle.click()
    await page.evaluate(() => document.querySelector('rushes-archive')!.seek(8.5))
    await eventually(async () => (await page.evaluate(seen)).cue).toBe('Words 4')
    // The transcript serves as captions.
    const captions = await page.evaluate(() => {
      const track = document.querySelector('rushes-archive')!.player!.media!.textTracks[0]!
      track.mode = 'hidden'
      return [track.label, ...Array.from(track.cues!, (cue) => (cue as VTTCue).getCueAsHTML().textContent)]
    })
    expect(captions).toEqual(['en', ...cues.map(({ text }) => text)])
    await page.context().close()
  })

  it('[E5] has captions in their languages as tracks, each fetched when it is turned on', async () => {
    const text = (words: string) => new TextEncoder().encode(words)
    const captions = (name: string, contentType: string, more: object, content: Uint8Array) => ({
      item: { name, type: 'captions', contentType, ...more },
      content,
    })
    const hostile = '<img src=x onerror="document.title=\'taken\'">'
    const vtt = `WEBVTT\n\n00:01.000 --> 00:02.500 line:0\nGuten <b>Tag</b>\n\n01:00:00.000 --> 01:00:01.000\n${hostile}A\n`
    const srt = `1\r\n00:00:01,500 --> 00:00:02,500 X1:10\r\n{\\an8}<i>Bonjour</i> & merci\r\n\r\n2\r\n1:00:00,000 --> 1:00:01,250\r\nfin\r\n`
    const archive = await makeArchive({
      presentation: media.film,
      items: [
        captions('captions/de.vtt', 'text/vtt', { language: 'de', startMs: 500 }, text(vtt)),
        captions('captions/fr.srt', 'application/x-subrip', { language: 'fr', title: 'Français' }, text(srt)),
        captions('captions/ja.vtt', 'text/vtt', { language: 'ja' }, text('WEBVTT\n\nnot what its digest says')),
        captions('captions/it.xml', 'application/ttml+xml', { language: 'it' }, text('<tt/>')),
        ...talkItems(media),
      ],
    })
    site.put('captions.umf', damaged(archive, text('WEBVTT\n\nnot what its digest says')))
    const { page, faults } = await site.open('/captions.umf')
    await ready(page)
    const tracks = () =>
      page.evaluate(() => {
        const { textTracks } = document.querySelector('rushes-archive')!.player!.media!
        return Array.from(textTracks, ({ kind, label, language, cues }) => {
          const words = Array.from(cues ?? [], (cue) => {
            const { startTime, endTime } = cue
            return [startTime, endTime, (cue as VTTCue).getCueAsHTML().textContent]
          })
          return { kind, label, language, words }
        })
      })
    await eventually(async () => (await tracks()).map(({ label }) => label)).toEqual([
      ...['German', 'Français', 'Japanese', 'Italian', 'en'],
    ])
    const turnOn = (label: string) =>
      page.evaluate((wanted) => {
        const { textTracks } = document.querySelector('rushes-archive')!.player!.media!
        for (const track of textTracks) track.mode = track.label === wanted ? 'showing' : 'disabled'
      }, label)
    const before = site.asked.length
    await turnOn('German')
    await eventually(async () => (await tracks())[0]).toEqual({
      ...{ kind: 'captions', label: 'German', language: 'de' },
      words: [
        [1.5, 3, 'Guten Tag'],
        [3600.5, 3601.5, 'A'],
      ],
    })
    expect(site.asked.slice(before).filter(({ by }) => by === 'script')).toHaveLength(1)
    await turnOn('Français')
    await eventually(async () => (await tracks())[1]?.words).toEqual([
      [1.5, 2.5, 'Bonjour & merci'],
      [3600, 3601.25, 'fin'],
    ])
    for (const label of ['Japanese', 'Italian']) await turnOn(label)
    await inArchive(page, '.notices').filter({ hasText: '“Japanese” is damaged' }).waitFor()
    await inArchive(page, '.notices').filter({ hasText: '“Italian” is in a form that' }).waitFor()
    // By a key, as people do.
    await turnOn('')
    await page.evaluate(() => document.querySelector('rushes-archive')!.player!.focus())
    await inArchive(page, 'media-captions-button').press('Enter')
    await page.waitForFunction(() =>
      Array.from(document.querySelector('rushes-archive')!.player!.media!.textTracks).some(
        ({ mode }) => mode === 'showing',
      ),
    )
    expect(await page.title()).toBe('A page')
    expect(faults).toEqual([])
    await page.context().close()
  })

  it('is walked through by Tab in a few steps; within transcript and chat arrows lead on, and Enter goes there', async () => {
    const { page } = await site.open('/talk.umf')
    await ready(page)
    await page.evaluate(() => document.querySelector('rushes-archive')!.seek(9))
    await eventually(async () => (await page.evaluate(seen)).written).toBe(7)
    const focused = () =>
      page.evaluate(() => {
        let element = document.activeElement
        while (element?.shadowRoot?.activeElement != null) element = element.shadowRoot.activeElement
        return element?.matches('.cue, .message .time') ? element.textContent!.replaceAll(/\s+/g, ' ').trim() : ''
      })
    const visited: string[] = []
    await page.getByRole('region', { name: 'Video player: A talk <b>of colours</b>' }).waitFor()
    for (let step = 0; step < 24; step++) {
      await page.keyboard.press('Tab')
      visited.push(await focused())
    }
    // The cue that is said now, and the message that was written last.
    expect(visited.filter((words) => words !== '')).toEqual(['0:08 Ada Words 4', '0:09'])
    await inArchive(page, '.cue[aria-current]').focus()
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp']) await page.keyboard.press(key)
    expect(await focused()).toBe('0:10 Words 5')
    await page.keyboard.press('Enter')
    await eventually(() => page.evaluate(() => document.querySelector('rushes-archive')!.currentTime)).toBe(10.2)
    await page.keyboard.press('End')
    expect(await focused()).toBe('0:18 Words 9')
    // Who reads elsewhere is asked before the list leaps back.
    await inArchive(page, 'rushes-archive-transcript').getByRole('button', { name: 'Follow' }).click()
    expect(await inArchive(page, 'rushes-archive-transcript').getByRole('button', { name: 'Follow' }).count()).toBe(0)
    await page.context().close()
  })

  it('stays light, in step and at its place with 9,000 cues, 1,000 messages and 900 marks, however it is turned', async () => {
    const count = 9000
    const many = Array.from({ length: count }, (_, k) => ({ from: 2 * k, to: 2 * k + 2, text: `Words ${k}` }))
    const written = Array.from({ length: 1000 }, (_, k) => {
      return { t: 18 * k, kind: 'chat', data: { sender: 'Ada', text: `Message ${k}` } }
    })
    const marked = Array.from({ length: 900 }, (_, k) => ({ t: 20 * k, kind: 'mark', data: { label: `Mark ${k}` } }))
    const items = [transcript('long.vtt', 'en', many), events('events', [...written, ...marked])]
    site.put('long.umf', await makeArchive({ presentation: media.film, items }))
    const { page, faults } = await site.open('/long.umf', { viewport: { width: 1280, height: 900 } })
    await ready(page)
    const session = await page.context().newCDPSession(page)
    // Of the processor: other work does not count.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    const spent = async () => {
      const { metrics } = await session.send('Performance.getMetrics')
      return metrics.find(({ name }) => name === 'TaskDuration')!.value
    }
    const shown = () =>
      page.evaluate(() => {
        const root = document.querySelector('rushes-archive')!.shadowRoot!
        const seenIn = (tag: string, selector: string) => {
          const inside = root.querySelector(tag)!.shadowRoot!
          const box = inside.querySelector('.scroll')!.getBoundingClientRect()
          const { top, bottom } = [...inside.querySelectorAll(selector)].at(-1)!.getBoundingClientRect()
          return top >= box.top - 1 && bottom <= box.bottom + 1
        }
        return [seenIn('rushes-archive-transcript', '.cue[aria-current]'), seenIn('rushes-archive-chat', '.message')]
      })
    await page.evaluate(() => document.querySelector('rushes-archive')!.seek(9.001))
    await eventually(async () => (await page.evaluate(seen)).cue).toBe('Words 4500')
    await eventually(shown).toEqual([true, true])
    expect(await page.getByRole('listitem').filter({ hasText: /Words/ }).count()).toBe(count)
    const before = await spent()
    for (const [width, colorScheme] of [
      [390, 'light'],
      [390, 'dark'],
      [1280, 'dark'],
      [840, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 844 })
      await page.emulateMedia({ colorScheme })
      await eventually(shown, `${width}`).toEqual([true, true])
    }
    // Each took 10 to 40 s while each cue was laid out by itself; all of them take one.
    expect((await spent()) - before).toBeLessThan(8)
    expect(await inArchive(page, '.marks line').count()).toBeLessThanOrEqual(60)
    // Who reads elsewhere is left there.
    await inArchive(page, 'rushes-archive-chat >> .scroll').evaluate((box) => box.scrollTo({ top: 0 }))
    await page.waitForTimeout(100)
    await page.evaluate(() => document.querySelector('rushes-archive')!.seek(10))
    await eventually(async () => (await page.evaluate(seen)).cue).toBe('Words 5000')
    expect(await inArchive(page, 'rushes-archive-chat >> .scroll').evaluate((box) => box.scrollTop)).toBeLessThan(100)
    expect(faults).toEqual([])
    await page.context().close()
  })

  it('[D1, X1, P2] says in its place what is damaged, encrypted, elsewhere or in no form to be shown, and shows the rest', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="36"><rect width="64" height="36" fill="rgb(0,90,0)"/><script>top.document.title="taken"</script></svg>'
    const [first, second] = media.pictures as [Uint8Array, Uint8Array]
    const items = [
      { item: slide('0'), content: first },
      { item: slide('1'), content: second },
      { item: slide('2', { encryption: { module: 'urn:umf:aes-256-gcm' } }), content: first.slice(1) },
      { item: slide('3'), pointer: 'https://example.org/slide.png' },
      {
        item: slide('4', { contentType: 'text/html' }),
        content: new TextEncoder().encode('<script>document.title="taken"</script>'),
      },
      { item: slide('5', { requires: [{ for: 'show' as const, module: 'item:code' }] }), content: first.slice(2) },
      { item: slide('6', { contentType: 'image/svg+xml' }), content: new TextEncoder().encode(svg) },
      {
        item: { name: 'spoken', type: 'transcript', contentType: 'text/vtt' },
        content: new TextEncoder().encode('no cues'),
      },
      events(
        'events',
        Array.from({ length: 8 }, (_, index) => turn({ t: 1000 * index, index })),
      ),
    ]
    site.put('places.umf', damaged(await makeArchive({ items }), second))
    const { page, faults } = await site.open('/places.umf')
    await ready(page)
    const words = [
      null,
      'Slide 2 is damaged',
      'Slide 3 is encrypted',
      'Slide 4 is kept elsewhere',
      'Slide 5 is in a form',
      'Slide 6 needs a module',
      null,
      'Slide 8 is not in this file',
    ]
    for (const [index, wish] of words.entries()) {
      await page.evaluate((t) => document.querySelector('rushes-archive')!.seek(t), index + 0.1)
      if (wish !== null) await inArchive(page, '.failed').filter({ hasText: wish }).waitFor()
      else
        await eventually(async () => isNear(await colourOf(page, 'img'), index === 0 ? painted[0]! : [0, 90, 0])).toBe(
          true,
        )
    }
    await inArchive(page, '.failed')
      .filter({ hasText: 'The transcript is in a form that this player can’t show' })
      .waitFor()
    expect(await page.title()).toBe('A page')
    expect(faults).toEqual([])
    await page.context().close()
  })

  it('runs on a clock of its own where there is no recording, and on the sound where there is one', async () => {
    const items = talkItems(media)
    site.put('clock.umf', await makeArchive({ items }))
    const { page, faults } = await site.open('/clock.umf')
    await ready(page)
    const state = () =>
      page.evaluate(() => {
        const { currentTime, duration, paused, ended } = document.querySelector('rushes-archive')!.player!.timing!
        return { currentTime, duration, paused, ended }
      })
    // The last event, and five seconds to see it.
    expect((await state()).duration).toBe(22)
    await page.evaluate(() => document.querySelector('rushes-archive')!.seek(7.9))
    await inArchive(page, 'media-play-button').click()
    await page.waitForFunction(() => document.querySelector('rushes-archive')!.currentTime > 8.3)
    await inArchive(page, 'media-play-button').click()
    const stopped = await state()
    expect(stopped.paused).toBe(true)
    expect(await page.evaluate(seen)).toMatchObject(wanted(stopped.currentTime * 1000))
    await page.evaluate(async () => {
      const archive = document.querySelector('rushes-archive')!
      archive.seek(21.5)
      archive.player!.timing!.playbackRate = 2
      await archive.play()
    })
    await eventually(state).toEqual({ currentTime: 22, duration: 22, paused: true, ended: true })
    expect(faults).toEqual([])
    await page.context().close()

    const sound = {
      item: { name: 'sound.m4a', type: 'audio', contentType: 'audio/mp4', startMs: 1000 },
      content: media.sound,
    }
    site.put('sound.umf', await makeArchive({ items: [sound, ...items] }))
    const heard = await site.open('/sound.umf')
    await ready(heard.page)
    await heard.page.evaluate(() => document.querySelector('rushes-archive')!.seek(14.6))
    await eventually(async () => isNear(await colourOf(heard.page, 'img'), painted[3]!)).toBe(true)
    expect(
      await heard.page.evaluate(() => document.querySelector('rushes-archive')!.player!.media!.currentTime),
    ).toBeCloseTo(13.6, 3)
    expect(heard.faults).toEqual([])
    await heard.page.context().close()
  })

  it('says what is wrong with a file or its server, and what to do', async () => {
    site.put('short.umf', new Uint8Array(100))
    site.put('film.mp4', media.film)
    // One bit of its only index; and a copy that was not finished.
    const broken = damaged(talk, Buffer.from('"generation":1,'))
    site.put('cut.umf', talk.subarray(0, talk.length - 1000))
    const other = { item: { name: 'a', type: 'document', contentType: 'text/plain' }, content: new Uint8Array(9) }
    site.put('other.umf', await makeArchive({ items: [other] }))
    site.put('broken.umf', broken)
    const { page } = await site.open('/whole/talk.umf')
    const heading = inArchive(page, '[role=alert] h2')
    for (const [src, words] of [
      ['/whole/talk.umf', 'This server can’t play archives'],
      ['/gone.umf', 'The archive is not here'],
      ['/short.umf', 'This file is no archive'],
      ['/film.mp4', 'This file is no archive'],
      ['/broken.umf', 'The archive is damaged'],
      ['/cut.umf', 'The archive is damaged'],
    ] as const) {
      await page.evaluate((to) => document.querySelector('rushes-archive')!.setAttribute('src', to), src)
      await heading.filter({ hasText: words }).waitFor()
    }
    await page.evaluate(() => document.querySelector('rushes-archive')!.setAttribute('src', '/other.umf'))
    await inArchive(page, 'h2').filter({ hasText: 'Nothing in this archive can be played' }).waitFor()
    await page.route('**/talk.umf', (route) => route.abort('connectionrefused'))
    await page.evaluate(() => document.querySelector('rushes-archive')!.setAttribute('src', '/talk.umf'))
    await heading.filter({ hasText: 'The archive can’t be reached' }).waitFor()
    await page.unroute('**/talk.umf')
    await inArchive(page, '[role=alert] button').click()
    await ready(page)
    // Another file takes its place.
    site.put('talk.umf', await makeArchive({ presentation: media.film, items: talkItems(media) }))
    await page.evaluate(() => document.querySelector('rushes-archive')!.seek(8.5))
    await heading.filter({ hasText: 'The archive was changed' }).waitFor()
    site.put('talk.umf', talk)
    await page.context().close()
  })

  it('has no serious accessibility faults, light, dark and narrow, and is no wider than a phone', async () => {
    const { page } = await site.open('/talk.umf', { viewport: { width: 1280, height: 900 } })
    await ready(page)
    await page.evaluate(() => document.querySelector('rushes-archive')!.seek(9))
    await eventually(async () => isNear(await colourOf(page, 'img'), painted[2]!)).toBe(true)
    for (const [name, colorScheme, width] of [
      ['wide-light', 'light', 1280],
      ['wide-dark', 'dark', 1280],
      ['phone', 'dark', 360],
    ] as const) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 900 })
      expect(await seriousFaults(page), name).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      const pictures = process.env['RUSHES_PICTURES']
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, `archive-${name}.png`) })
    }
    // On a phone the picture stays, whatever is read below it.
    await page.setViewportSize({ width: 360, height: 700 })
    await page.evaluate(() => scrollTo(0, 600))
    await eventually(async () => Math.round((await inArchive(page, 'rushes-player').boundingBox())!.y)).toBe(0)
    await page.context().close()
  })
})
