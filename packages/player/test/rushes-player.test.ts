import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seriousFaults } from './accessibility.ts'
import { media, openPlayerPage, type PlayerPage } from './player-page.ts'

let players: PlayerPage
beforeAll(async () => {
  players = await openPlayerPage()
}, 120_000)
afterAll(() => players.close())

type Shown = {
  time: number
  paused: boolean
  rate: number
  muted: boolean
  volume: number
  src: string
  duration: number
}

const shown = (page: Page): Promise<Shown> =>
  page.evaluate(() => {
    const video = document.querySelector('rushes-player')?.media
    if (video == null) throw new Error('no player')
    return {
      time: video.currentTime,
      paused: video.paused,
      rate: video.playbackRate,
      muted: video.muted,
      volume: video.volume,
      src: new URL(video.currentSrc).pathname,
      duration: video.duration,
    }
  })

const settled = async (page: Page) => {
  await page.waitForFunction(() => {
    const video = document.querySelector('rushes-player')?.media
    return video != null && video.readyState >= 2 && !video.seeking
  })
}

const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) {
    await page.keyboard.press(key)
    await settled(page)
  }
}

const inPlayer = (page: Page, selector: string) => page.locator(`rushes-player >> ${selector}`)

describe('rushes-player', { timeout: 60_000 }, () => {
  it('plays the MP4, asks nobody else for anything, and lives with a strict policy', async () => {
    const { page, faults } = await players.open({ src: '/good.mp4', 'src-webm': '/good.webm', title: 'A talk' })
    await settled(page)
    await inPlayer(page, 'media-control-bar media-play-button').click()
    await page.waitForFunction(() => (document.querySelector('rushes-player')?.media?.currentTime ?? 0) > 0.3)
    expect(await shown(page)).toMatchObject({ src: '/good.mp4', paused: false })
    // The policy blocks <style> elements: without their rules the bar would not be laid out as a row.
    const bar = await inPlayer(page, 'media-control-bar').evaluate((node) => getComputedStyle(node).display)
    expect(bar).toContain('flex')
    const progress = await inPlayer(page, 'media-time-range').evaluate(
      (node) => node.shadowRoot?.querySelector('#progress')?.getBoundingClientRect().width ?? 0,
    )
    expect(progress).toBeGreaterThan(1)
    expect(faults).toEqual([])
    await page.context().close()
  })

  it('does not fetch a file the browser firmly refuses, and plays the other one', async () => {
    const { page, requests } = await players.open({
      src: '/good.mp4',
      type: 'video/mp4; codecs="vp8, opus"',
      'src-webm': '/good.webm',
      'type-webm': 'video/webm; codecs="vp8, opus"',
    })
    await settled(page)
    expect((await shown(page)).src).toBe('/good.webm')
    expect(requests.some((url) => url.endsWith('.mp4'))).toBe(false)
    await page.context().close()
  })

  it('shows marks on the bar, leads to them by keys and says their names; what lies over the picture lets clicks through', async () => {
    const { page, faults } = await players.open({ src: '/good.mp4', title: 'A talk' })
    await settled(page)
    await page.evaluate(() => {
      const player = document.querySelector('rushes-player')!
      player.marks = [
        { t: 15_000, label: 'Question' },
        { t: 6000, label: 'Important' },
      ]
      const over = document.createElement('p')
      over.slot = 'overlay'
      over.textContent = 'drawn over the picture'
      player.append(over)
      over.onclick = () => (document.title = 'taken')
    })
    const lines = inPlayer(page, '.marks line')
    await expect.poll(() => lines.count()).toBe(2)
    const bar = (await inPlayer(page, 'media-time-range').boundingBox())!
    const [question, important] = await lines.evaluateAll((all) => all.map((line) => line.getBoundingClientRect().x))
    expect(Math.abs(question! - (bar.x + 14 + (bar.width - 28) / 2))).toBeLessThan(4)
    expect(important).toBeLessThan(question!)
    await inPlayer(page, 'media-controller').focus()
    const hint = inPlayer(page, '.hint')
    for (const [key, words, seconds] of [
      ['n', 'Important · 0:06', 6],
      ['n', 'Question · 0:15', 15],
      ['n', 'No mark after this', 15],
      ['b', 'Important · 0:06', 6],
      ['b', 'No mark before this', 6],
    ] as const) {
      await press(page, key)
      expect(await hint.textContent()).toBe(words)
      expect((await shown(page)).time).toBeCloseTo(seconds, 1)
    }
    const picture = (await inPlayer(page, 'video').boundingBox())!
    expect((await page.locator('[slot=overlay]').boundingBox())!.y).toBeCloseTo(picture.y, -2)
    await page.mouse.click(picture.x + 20, picture.y + 20)
    await page.waitForFunction(() => document.querySelector('rushes-player')?.media?.paused === false)
    expect(await page.title()).not.toBe('taken')
    expect(faults).toEqual([])
    await page.context().close()
  })

  it('falls back to the next file when one turns out not to play', async () => {
    const { page } = await players.open({ src: '/foreign.mp4', 'src-webm': '/good.webm' })
    await page.waitForFunction(() => document.querySelector('rushes-player')?.media?.currentSrc.endsWith('/good.webm'))
    await settled(page)
    expect(Math.round((await shown(page)).duration)).toBe(media.seconds)
    await page.context().close()
  })

  it('says what it cannot play, and offers the download', async () => {
    const { page } = await players.open({ src: '/foreign.mp4', type: 'video/mp4; codecs="mp4v.61"' })
    const alert = inPlayer(page, '[role=alert]')
    await alert.waitFor()
    expect(await alert.textContent()).toContain('This browser can’t play MPEG-4 video in MP4')
    expect(await alert.locator('a').getAttribute('href')).toBe('/foreign.mp4')
    await page.context().close()
  })

  it('tells a file that is gone from one it cannot play', async () => {
    const { page } = await players.open({ src: '/api/nothing.mp4' }) // no SPA fallback for what has an extension
    await page.route('**/nothing.mp4', (route) => route.fulfill({ status: 404 }))
    await page.evaluate(() => document.querySelector('rushes-player')?.setAttribute('src', '/nothing.mp4'))
    await inPlayer(page, '[role=alert] h2').filter({ hasText: 'no longer here' }).waitFor()
    await page.context().close()
  })

  it('goes on by itself where the server was away', async () => {
    const { page } = await players.open({ src: '/good.mp4' })
    await settled(page)
    await page.route('**/good.webm', (route) => route.abort('connectionrefused'))
    await page.evaluate(() => document.querySelector('rushes-player')?.setAttribute('src', '/good.webm'))
    await inPlayer(page, '[role=alert] h2').filter({ hasText: 'can’t be reached' }).waitFor()
    await page.unroute('**/good.webm')
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
    await settled(page)
    expect(await inPlayer(page, '[role=alert]').count()).toBe(0)
    await page.context().close()
  })

  it('starts where the link says, before where one left', async () => {
    const { page } = await players.open({ src: '/good.mp4', start: '0m12s', 'recording-id': 'r1' })
    await settled(page)
    expect((await shown(page)).time).toBeCloseTo(12, 1)
    await page.context().close()
  })

  it('resumes where one left, says so, and forgets at the end', async () => {
    const { page } = await players.open({ src: '/good.mp4', 'recording-id': 'r1' })
    await settled(page)
    const again = async () => {
      await page.reload()
      await page.evaluate(() => {
        const player = document.createElement('rushes-player')
        player.setAttribute('src', '/good.mp4')
        player.setAttribute('recording-id', 'r1')
        document.querySelector('main')?.append(player)
      })
      await settled(page)
    }
    await page.evaluate(() => document.querySelector('rushes-player')?.seek(17))
    await settled(page)
    await again()
    expect((await shown(page)).time).toBeCloseTo(17, 0)
    expect(await inPlayer(page, '.resumed').textContent()).toContain('0:17')
    await inPlayer(page, '.resumed button').click()
    await settled(page)
    expect((await shown(page)).time).toBe(0)
    await page.evaluate(async () => {
      const player = document.querySelector('rushes-player')
      player?.seek(29.6)
      await player?.play()
    })
    await page.waitForFunction(() => document.querySelector('rushes-player')?.media?.ended)
    await again()
    expect((await shown(page)).time).toBe(0)
    await page.context().close()
  })

  it('obeys the keys people know', async () => {
    const { page, faults } = await players.open({ src: '/good.mp4', keys: 'page' })
    await settled(page)
    await page.locator('h1').click()
    const time = async () => (await shown(page)).time
    await press(page, 'l')
    expect(await time()).toBeCloseTo(10, 1)
    await press(page, 'ArrowRight')
    expect(await time()).toBeCloseTo(15, 1)
    await press(page, 'j')
    expect(await time()).toBeCloseTo(5, 1)
    await press(page, 'ArrowLeft', 'ArrowLeft')
    expect(await time()).toBe(0)
    await press(page, '5')
    expect(await time()).toBeCloseTo(media.seconds / 2, 0)
    await press(page, '>')
    expect((await shown(page)).rate).toBe(1.25)
    await press(page, '<', '<')
    expect((await shown(page)).rate).toBe(0.75)
    await press(page, 'm')
    expect((await shown(page)).muted).toBe(true)
    await press(page, 'm')
    await press(page, 'k')
    expect((await shown(page)).paused).toBe(false)
    await page.waitForTimeout(600) // long enough to measure the frame rate
    await press(page, ' ')
    expect((await shown(page)).paused).toBe(true)
    const before = await time()
    await press(page, '.')
    expect(await time()).toBeCloseTo(before + 1 / media.frameRate, 3)
    await press(page, ',')
    expect(await time()).toBeCloseTo(before, 3)
    await page.keyboard.press('f')
    await page.waitForFunction(() => document.fullscreenElement !== null)
    await inPlayer(page, 'media-controller[mediaisfullscreen]').waitFor()
    await page.keyboard.press('f')
    await page.waitForFunction(() => document.fullscreenElement === null)
    await page.keyboard.press('?')
    await inPlayer(page, 'dialog[open]').waitFor()
    await page.keyboard.press('Escape')
    await page.waitForFunction(
      () => document.querySelector('rushes-player')?.shadowRoot?.querySelector('dialog')?.open === false,
    )
    expect(faults).toEqual([])
    await page.context().close()
  })

  it('leaves keys alone that are typed into fields, and volume keys to the page until it has the focus', async () => {
    const { page } = await players.open({ src: '/good.mp4', keys: 'page' })
    await settled(page)
    await page.locator('#field').pressSequentially('kl5 ')
    expect(await shown(page)).toMatchObject({ time: 0, paused: true })
    expect(await page.locator('#field').inputValue()).toBe('kl5 ')
    await page.locator('h1').click()
    await page.keyboard.press('ArrowDown')
    expect((await shown(page)).volume).toBe(1)
    await inPlayer(page, 'media-control-bar media-play-button').focus()
    await page.keyboard.press('ArrowDown')
    expect((await shown(page)).volume).toBe(0.95)
    await page.context().close()
  })

  it('works by Tab alone: Space on a focused button presses that button, not play', async () => {
    const { page } = await players.open({ src: '/good.mp4' })
    await settled(page)
    await page.locator('#field').focus()
    const visited: string[] = []
    for (let step = 0; step < 12; step++) {
      await page.keyboard.press('Tab')
      const tag = await page.evaluate(
        () => document.querySelector('rushes-player')?.shadowRoot?.activeElement?.localName ?? '',
      )
      if (tag !== '') visited.push(tag)
    }
    expect(visited).toEqual(
      expect.arrayContaining(['media-time-range', 'media-play-button', 'media-mute-button', 'media-fullscreen-button']),
    )
    await inPlayer(page, 'media-mute-button').focus()
    await page.keyboard.press(' ')
    await page.waitForFunction(() => document.querySelector('rushes-player')?.media?.muted)
    expect((await shown(page)).paused).toBe(true)
    await page.context().close()
  })

  it('shows captions when there are some, and says so when there are none', async () => {
    const { page } = await players.open({ src: '/good.mp4', keys: 'page' })
    await settled(page)
    expect(await inPlayer(page, 'media-captions-button').isVisible()).toBe(false)
    await page.keyboard.press('c')
    await inPlayer(page, '.hint').filter({ hasText: 'No captions' }).waitFor()
    await page.route('**/words.vtt', (route) =>
      route.fulfill({ contentType: 'text/vtt', body: 'WEBVTT\n\n00:00.000 --> 00:20.000\nHello there\n' }),
    )
    await page.evaluate(() => {
      const player = document.createElement('rushes-player')
      player.setAttribute('src', '/good.mp4')
      player.setAttribute('keys', 'page')
      const track = document.createElement('track')
      Object.assign(track, { kind: 'captions', label: 'English', srclang: 'en', src: '/words.vtt' })
      player.append(track)
      document.querySelector('rushes-player')?.replaceWith(player)
    })
    await settled(page)
    await inPlayer(page, 'media-captions-button').waitFor({ state: 'visible' })
    expect(await seriousFaults(page)).toEqual([])
    await page.locator('h1').click()
    await page.keyboard.press('c')
    await page.waitForFunction(() => document.querySelector('rushes-player')?.media?.textTracks[0]?.mode === 'showing')
    await page.context().close()
  })

  it.each(['light', 'dark'] as const)('has no serious accessibility faults in %s', async (colorScheme) => {
    const { page } = await players.open({ src: '/good.mp4', title: 'A talk' }, { colorScheme })
    await settled(page)
    expect(await seriousFaults(page)).toEqual([])
    await page.keyboard.press('Tab')
    await inPlayer(page, 'media-control-bar media-play-button').focus()
    await page.keyboard.press('?')
    await inPlayer(page, 'dialog[open]').waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.evaluate(() => {
      const player = document.querySelector('rushes-player')
      player?.setAttribute('type', 'video/mp4; codecs="zzzz"')
    })
    await inPlayer(page, '[role=alert]').waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await page.context().close()
  })
})
