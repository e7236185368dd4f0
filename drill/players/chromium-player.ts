// Chromium's video element over HTTP with ranges: an archive as a file server gives it that knows nothing of the format.
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { openStage, type Stage } from '../../packages/media/test/mp4-chromium.ts'
import type { Player } from './player.ts'

const types: Record<string, string> = { '.mp4': 'video/mp4' }

export async function chromiumPlayer(): Promise<Player> {
  const stage = await openStage()
  const said: string[] = []
  stage.page.on('console', (message) => said.push(message.text()))
  stage.page.on('pageerror', (fault) => said.push(String(fault)))
  return {
    name: 'Chromium',
    seeks: 'exactly',
    version: async () => stage.page.context().browser()!.version(),
    async play(path, times) {
      const url = served(stage, path)
      said.length = 0
      const { pictures, ...more } = await stage.page.evaluate(played, { url, times: [...times] })
      return { pictures, sound: [more.sound], said: [...said], about: more.about }
    },
    async seek(path, time) {
      const { pictures } = await stage.page.evaluate(sought, { url: served(stage, path), time })
      return pictures[0]!
    },
    close: () => stage.close(),
  }
}

function served({ files }: Stage, path: string): string {
  const url = `/${encodeURIComponent(path)}`
  files.set(url, { bytes: readFileSync(path), contentType: types[extname(path)] ?? 'application/octet-stream' })
  return url
}

type Shown = { time: number; hash: string }

/** In the page: each picture, the sound, and from the beginning to the end without a stop. */
async function played({
  url,
  times,
}: {
  url: string
  times: readonly number[]
}): Promise<{ pictures: Shown[]; sound: string; about: string }> {
  const hex = async (bytes: ArrayBuffer | ArrayBufferView<ArrayBuffer>) =>
    Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) => byte.toString(16)).join('')
  const video = document.createElement('video')
  video.muted = true
  const failed = new Promise<never>((_, reject) => {
    video.onerror = () => reject(new Error(video.error?.message ?? 'unknown'))
    setTimeout(() => reject(new Error('not through within 120 s')), 120_000)
  })
  failed.catch(() => {})
  const shown = () =>
    new Promise<number>((resolve) => video.requestVideoFrameCallback((_, { mediaTime }) => resolve(mediaTime)))
  const first = shown()
  video.src = url
  document.body.replaceChildren(video)
  await Promise.race([first, failed])
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight)
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  const pictures: Shown[] = []
  for (const time of times) {
    const next = shown()
    // It shows the picture within whose time the place is.
    video.currentTime = time + 0.001
    const mediaTime = await Promise.race([next, failed])
    context.drawImage(video, 0, 0)
    pictures.push({ time: mediaTime, hash: await hex(context.getImageData(0, 0, canvas.width, canvas.height).data) })
  }
  video.currentTime = 0
  video.playbackRate = 4
  const ended = new Promise((resolve) => video.addEventListener('ended', resolve))
  await video.play()
  await Promise.race([ended, failed])
  const about = `${video.duration} ${video.videoWidth} ${video.videoHeight} ${video.currentTime}`
  const context2 = new OfflineAudioContext(1, 1, 48_000)
  const heard = await context2.decodeAudioData(await (await fetch(url)).arrayBuffer())
  const sound = `${heard.numberOfChannels} ${heard.length} ${await hex(heard.getChannelData(0))}`
  return { pictures, sound, about }
}

/** In the page: a new element that goes somewhere once it shows its first picture. */
async function sought({ url, time }: { url: string; time: number }): Promise<{ pictures: Shown[] }> {
  const video = document.createElement('video')
  video.muted = true
  const failed = new Promise<never>((_, reject) => {
    video.onerror = () => reject(new Error(video.error?.message ?? 'unknown'))
    setTimeout(() => reject(new Error('no picture within 30 s')), 30_000)
  })
  failed.catch(() => {})
  const shown = () =>
    new Promise<number>((resolve) => video.requestVideoFrameCallback((_, { mediaTime }) => resolve(mediaTime)))
  const first = shown()
  video.src = url
  document.body.replaceChildren(video)
  await Promise.race([first, failed])
  const next = shown()
  video.currentTime = time + 0.001
  const mediaTime = await Promise.race([next, failed])
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight)
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  context.drawImage(video, 0, 0)
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data))
  return { pictures: [{ time: mediaTime, hash: Array.from(digest, (byte) => byte.toString(16)).join('') }] }
}
