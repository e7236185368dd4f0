// npm run bench -- umf-page: an archive of 10,000 items in Chromium, from the moment a page is navigated to until the first
// picture is shown.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesSource, newArchiveId, preparePresentation, UmfWriter } from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { openStage, type Stage } from '../packages/media/test/mp4-chromium.ts'
import { buildPlayerPackage } from '../scripts/player-package.ts'
import { figure, spread, table } from './figures.ts'

const rounds = 15

export async function benchUmfPage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-bench-page-'))
  const stage = await openStage()
  try {
    await buildPlayerPackage(folder)
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.js')) continue
      stage.files.set(`/${name}`, { bytes: readFileSync(join(folder, name)), contentType: 'text/javascript' })
    }
    const mp4 = recorded(join(folder, 'recorded.mp4'))
    const put = (name: string, bytes: Uint8Array) => stage.files.set(name, { bytes, contentType: 'video/mp4' })
    put('/plain.mp4', mp4)
    put('/few.umf', await archiveOf(mp4, 10))
    put('/many.umf', await archiveOf(mp4, 10_000))
    const pages: [string, string, string][] = [
      ['`<video>`, plain MP4', 'video', '/plain.mp4'],
      ['`<video>`, archive of 10 items', 'video', '/few.umf'],
      ['`<video>`, archive of 10,000 items', 'video', '/many.umf'],
      ['`<rushes-archive>`, 10 items', 'rushes-archive', '/few.umf'],
      ['`<rushes-archive>`, 10,000 items', 'rushes-archive', '/many.umf'],
    ]
    for (const [, tag, src] of pages) {
      const script = tag === 'video' ? '' : '<script type="module" src="/archive.js"></script>'
      const text = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${script}<${tag} src="${src}"></${tag}>`
      stage.files.set(`/${tag}${src}`, { bytes: new TextEncoder().encode(text), contentType: 'text/html' })
    }
    const times = new Map(pages.map(([words]) => [words, [] as number[]]))
    // In turns, so that a slow minute of the machine is slow for all of them; the first one is not counted.
    for (let round = -1; round < rounds; round++) {
      for (const [words, tag, src] of pages) {
        const ms = await firstPicture(stage, `${stage.origin}/${tag}${src}`)
        if (round >= 0) times.get(words)!.push(ms)
      }
    }
    const rows = pages.map(([words]) => {
      const { median, min, max } = spread(times.get(words)!)
      return [words, figure(median), `${figure(min)}–${figure(max)}`]
    })
    return table(['page', `first picture, ms (median of ${rounds})`, 'range'], rows)
  } finally {
    await stage.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A minute of 720p with sound, as a lecture has it. */
function recorded(path: string): Uint8Array<ArrayBuffer> {
  const input = '-f lavfi -i testsrc2=size=1280x720:rate=25 -f lavfi -i sine=frequency=330 -t 60'
  const form = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50 -b:v 2M -c:a aac -movflags +faststart'
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...`${input} ${form}`.split(' '), path])
  return new Uint8Array(readFileSync(path))
}

async function archiveOf(mp4: Uint8Array, slides: number): Promise<Uint8Array> {
  const id = newArchiveId()
  const prepared = await preparePresentation(bytesSource(mp4), id, { sha256 })
  if (prepared.state !== 'ready') throw new Error(prepared.reason)
  const pieces: Uint8Array[] = []
  const writer = new UmfWriter({ write: (piece) => void pieces.push(piece.slice()), sha256, id })
  await writer.media({ name: 'recorded.mp4', ...prepared.fields }, prepared.structure, prepared.samples)
  const each = 60_000 / slides
  await writer.add(
    ...Array.from({ length: slides }, (_, index) => ({
      item: {
        ...{ name: `slides/${index}.png`, type: 'slide', contentType: 'image/png', title: `Slide ${index}` },
        ...{ startMs: index * each, endMs: (index + 1) * each },
      },
      content: new TextEncoder().encode(`slide ${index} `.repeat(80)),
    })),
  )
  await writer.finish()
  return Buffer.concat(pieces)
}

/** ms from the navigation to when the picture is on the screen. */
async function firstPicture({ page }: Stage, url: string): Promise<number> {
  const context = await page.context().browser()!.newContext()
  try {
    const opened = await context.newPage()
    await opened.addInitScript(watchForPicture)
    await opened.goto(url, { waitUntil: 'commit' })
    return await opened.evaluate(() => (window as unknown as { shown: Promise<number> }).shown)
  } finally {
    await context.close()
  }
}

/** In the page, before anything of it: whichever video element is the first to show a picture. */
function watchForPicture(): void {
  const found = Promise.withResolvers<number>()
  Object.assign(window, { shown: found.promise })
  const seen = new WeakSet<HTMLVideoElement>()
  const watch = (video: HTMLVideoElement): void => {
    if (seen.has(video)) return
    seen.add(video)
    video.requestVideoFrameCallback((_, { expectedDisplayTime }) => found.resolve(expectedDisplayTime))
  }
  const watchIn = (root: ParentNode & Node): void => {
    new MutationObserver(() => {
      for (const video of root.querySelectorAll('video')) watch(video)
    }).observe(root, { childList: true, subtree: true })
  }
  const attach = Element.prototype.attachShadow
  Element.prototype.attachShadow = function (init) {
    const root = attach.call(this, init)
    watchIn(root)
    return root
  }
  watchIn(document)
}
