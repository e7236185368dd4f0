// Any site: the built player, a bare page, and archives on a static file server.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { buildPlayerPackage } from '../../../scripts/player-package.ts'

/** The strictest that the player can live with. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob: data:; media-src 'self' blob:; base-uri 'none'"

const types: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' }

const page = (src: string) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A page</title>
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/bare.css"><script type="module" src="/archive.js"></script>
<main><h1>A page</h1><rushes-archive src="${src}"></rushes-archive></main></html>`

export type Asked = { path: string; range: string; by: 'script' | 'medium' }

export type ArchiveSite = {
  origin: string
  /** What was asked for of archives. */
  asked: Asked[]
  /** Under `/NAME` with ranges, under `/whole/NAME` without. */
  put(name: string, file: Uint8Array): void
  /** From now on scripts wait for their answers. @returns lets them have them */
  hold(): () => void
  /** A bare page with the element, and what should not happen on it. */
  open(src: string, options?: BrowserContextOptions): Promise<{ page: Page; faults: string[] }>
  close(): Promise<void>
}

export async function openArchiveSite(): Promise<ArchiveSite> {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-archive-site-'))
  await buildPlayerPackage(folder)
  const files = new Map<string, Uint8Array>()
  const asked: Asked[] = []
  let held: Promise<void> = Promise.resolve()
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://site')
    const name = url.pathname.replace(/^\/(whole\/)?/, '')
    const file = files.get(name)
    if (url.pathname === '/bare') {
      response.writeHead(200, { 'content-type': types['.html'], 'content-security-policy': policy })
      response.end(page(url.searchParams.get('src') ?? ''))
    } else if (url.pathname === '/bare.css') {
      // axe takes the ground of a page that says nothing of it for white.
      response.writeHead(200, { 'content-type': 'text/css' }).end('html { background: Canvas }')
    } else if (file !== undefined) {
      const by = request.headers['sec-fetch-dest'] === 'empty' ? 'script' : 'medium'
      asked.push({ path: url.pathname, range: request.headers.range ?? '', by })
      if (by === 'script') await held
      if (url.pathname.startsWith('/whole/')) response.writeHead(200, { 'content-length': file.length }).end(file)
      else answerRange(request, response, file)
    } else answerFile(response, join(folder, normalize(url.pathname)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const browser = await launchChromium()
  return {
    origin,
    asked,
    put: (name, file) => void files.set(name, file),
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    },
    async open(src, options = {}) {
      const context = await browser.newContext(options)
      const opened = await context.newPage()
      const faults: string[] = []
      opened.on('pageerror', (error) => faults.push(String(error)))
      opened.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text())
      })
      opened.on('request', (request) => {
        const url = request.url()
        if (!url.startsWith(origin) && !/^(blob|data):/.test(url)) faults.push(`request to ${url}`)
      })
      await opened.goto(src.startsWith('/examples/') ? origin + src : `${origin}/bare?src=${encodeURIComponent(src)}`)
      return { page: opened, faults }
    },
    async close() {
      await browser.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** RFC 9110 §14: one range of bytes, and the whole file where none is asked for. */
function answerRange(request: IncomingMessage, response: ServerResponse, file: Uint8Array): void {
  const etag = `"${createHash('sha256').update(file).digest('hex').slice(0, 16)}"`
  const headers = {
    etag,
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'cache-control': 'no-cache',
  }
  const wanted = request.headers['if-match']
  if (wanted !== undefined && wanted !== etag) return void response.writeHead(412).end()
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')
  if (range === null) return void response.writeHead(200, { ...headers, 'content-length': file.length }).end(file)
  const from = range[1] === '' ? Math.max(0, file.length - Number(range[2])) : Number(range[1])
  const to = range[1] === '' || range[2] === '' ? file.length : Math.min(file.length, Number(range[2]) + 1)
  if (from >= to) return void response.writeHead(416).end()
  const contentRange = `bytes ${from}-${to - 1}/${file.length}`
  response.writeHead(206, { ...headers, 'content-range': contentRange, 'content-length': to - from })
  response.end(file.subarray(from, to))
}

function answerFile(response: ServerResponse, path: string): void {
  try {
    const bytes = readFileSync(path)
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' }).end(bytes)
  } catch {
    response.writeHead(404).end()
  }
}

function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
      ...['--disable-sync', '--no-first-run', '--autoplay-policy=no-user-gesture-required'],
    ],
  })
}
