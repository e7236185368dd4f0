// An archive as one HTML file that plays by itself, opened from a disk: the player in it, and the archive in pieces that the page puts
// together. Nothing is fetched, and the page's own policy sees to that.
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Source } from '@rushes/umf'
import { ConvertError } from '../convert-error.ts'
import type { Making } from './export-content.ts'
import { xmlText } from './xml-text.ts'

export type OfflinePage = {
  /** The whole archive, as it may be given away. */
  source: Source
  title: string
  language: string
  /** A classic script that defines `rushesPart(base64)` and, when all of the page has come, shows what the parts are. */
  player: string
}

/** A multiple of 3, so that pieces of base64 are whole ones. */
const pieceBytes = 3 * 1024 * 1024
/** What browsers take as one page; with base64 it is a third more. */
const mostBytes = 1.5 * 2 ** 30

/** @throws ConvertError `too-large`; UmfError `source` */
export async function writeOfflinePage(path: string, page: OfflinePage, { signal, onProgress }: Making): Promise<void> {
  const { size } = page.source
  if (size > mostBytes) {
    throw new ConvertError(
      'too-large',
      `a page of ${size} bytes is more than browsers open: export it as video or folder`,
    )
  }
  await pipeline(Readable.from(pieces(page, onProgress)), createWriteStream(path), { signal })
}

async function* pieces({ source, title, language, player }: OfflinePage, onProgress: (fraction: number) => void) {
  const policy = [
    "default-src 'none'; connect-src blob:; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src blob: data:",
    'media-src blob: data:; font-src data:',
  ].join('; ')
  const name = xmlText(title || 'A recording')
  const lang = /^[a-z]{2,3}(?:-[\w-]{2,20})?$/i.test(language) ? language : 'en'
  yield `<!doctype html>
<html lang="${lang}">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${name}</title>
<style>
  :root { color-scheme: light dark; background: light-dark(oklch(0.97 0.006 75), oklch(0.19 0.01 60)) }
  body { max-width: 84rem; margin: 0 auto; padding: 1rem; font-family: system-ui, sans-serif; color: light-dark(oklch(0.25 0.015 60), oklch(0.94 0.008 75)) }
</style>
<main><rushes-archive keys="page"></rushes-archive><noscript><p>This page plays a recording by itself, and needs JavaScript for that.</p></noscript></main>
<script>${inline(player)}</script>
`
  for (let at = 0; at < source.size; at += pieceBytes) {
    const bytes = await source.read(at, Math.min(pieceBytes, source.size - at))
    yield `<script>rushesPart("${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}")</script>\n`
    onProgress(Math.min(1, (at + pieceBytes) / source.size))
  }
  yield '</html>\n'
}

/** What would end the element, or begin a comment in it, is the same to the script and not to the page (HTML §4.12.1.3). */
function inline(script: string): string {
  return script.replaceAll(/<(\/script|!--)/gi, (_, rest: string) => `\\x3C${rest}`)
}
