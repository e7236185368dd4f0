import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright-core'

export type ServedFile = { bytes: Uint8Array; contentType: string }

/** A headless Chromium with a page on a server of ranges; `files` may be added to while it runs. */
export type Stage = {
  page: Page
  files: Map<string, ServedFile>
  /** What was asked for and what it was answered, a line each. */
  answers: string[]
  origin: string
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const files = new Map<string, ServedFile>()
  files.set('/', { bytes: new TextEncoder().encode('<!doctype html><title>stage</title>'), contentType: 'text/html' })
  const answers: string[] = []
  const server = serveRanges(files, answers)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
  })
  const page = await browser.newPage()
  await page.goto(origin)
  return {
    page,
    files,
    answers,
    origin,
    async close() {
      await browser.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** RFC 9110 §14: one range at a time, as media elements ask. */
function serveRanges(files: ReadonlyMap<string, ServedFile>, answers: string[]): Server {
  return createServer((request, response) => {
    const { url = '' } = request
    const range = request.headers.range ?? ''
    const answer = (status: number, headers?: Record<string, string | number>) => {
      answers.push(`${url} ${range} ${status} ${headers?.['Content-Range'] ?? headers?.['Content-Length'] ?? ''}`)
      return response.writeHead(status, headers)
    }
    const file = files.get(url)
    if (file === undefined) {
      answer(404).end()
      return
    }
    const match = /^bytes=(\d*)-(\d*)$/.exec(range)
    const { length } = file.bytes
    const isOfEnd = match?.[1] === ''
    const start = isOfEnd ? Math.max(0, length - Number(match[2])) : Number(match?.[1] ?? 0)
    const end = match?.[2] && !isOfEnd ? Math.min(Number(match[2]) + 1, length) : length
    if (match !== null && start >= end) {
      answer(416, { 'Content-Range': `bytes */${length}` }).end()
      return
    }
    const headers: Record<string, string | number> = {
      'Content-Type': file.contentType,
      'Accept-Ranges': 'bytes',
      'Content-Length': end - start,
    }
    if (match !== null) headers['Content-Range'] = `bytes ${start}-${end - 1}/${length}`
    answer(match === null ? 200 : 206, headers).end(file.bytes.subarray(start, end))
  })
}

/**
 * Records a moving canvas and a tone with MediaRecorder, in every type at once; types that this Chromium can't record
 * are missing from the answer.
 */
export async function recordInChromium(
  page: Page,
  types: readonly string[],
  milliseconds: number,
): Promise<Map<string, Uint8Array>> {
  const recorded = await page.evaluate(
    async ({ types, milliseconds }) => {
      const canvas = document.createElement('canvas')
      canvas.width = 320
      canvas.height = 240
      const context = canvas.getContext('2d', { alpha: false })!
      let count = 0
      const timer = setInterval(() => {
        context.fillStyle = `hsl(${(count * 7) % 360} 80% 50%)`
        context.fillRect(0, 0, 320, 240)
        context.fillStyle = 'white'
        context.font = '60px sans-serif'
        context.fillText(String(count++), 40, 140)
      }, 33)
      const sound = new AudioContext()
      const tone = sound.createOscillator()
      const output = sound.createMediaStreamDestination()
      tone.connect(output)
      tone.start()
      const stream = new MediaStream([...canvas.captureStream(30).getTracks(), ...output.stream.getTracks()])
      const recordings = types
        .filter((mimeType) => MediaRecorder.isTypeSupported(mimeType))
        .map((mimeType) => {
          const options = { mimeType, videoKeyFrameIntervalDuration: 1000, videoBitsPerSecond: 300_000 }
          const recorder = new MediaRecorder(mimeType.startsWith('audio/') ? output.stream : stream, options)
          const chunks: Blob[] = []
          recorder.ondataavailable = (event) => chunks.push(event.data)
          const stopped = new Promise((resolve) => {
            recorder.onstop = resolve
          })
          recorder.start(250)
          return { mimeType, recorder, chunks, stopped }
        })
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
      for (const { recorder } of recordings) recorder.stop()
      const bodies: [string, string][] = []
      for (const { mimeType, chunks, stopped } of recordings) {
        await stopped
        const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
        let text = ''
        for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768))
        bodies.push([mimeType, btoa(text)])
      }
      clearInterval(timer)
      await sound.close()
      return bodies
    },
    { types: [...types], milliseconds },
  )
  return new Map(recorded.map(([type, base64]) => [type, new Uint8Array(Buffer.from(base64, 'base64'))]))
}
