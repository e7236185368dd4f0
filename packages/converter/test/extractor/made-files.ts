import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import type { Format } from '../../src/extractor/formats.ts'

/** A file of every format, made here; `seconds`: what its structure says that it lasts. */
export type MadeFile = { name: string; format: Format; bytes: Buffer; seconds?: number; freeText?: boolean }

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=size=96x64:rate=25']
const TONE = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100']
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '12']
const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus']

/** ffmpeg's arguments for what it makes, a second each. */
const filmed: [string, Format, string[]][] = [
  ['front.mp4', 'mp4', [...PICTURE, ...TONE, ...X264, '-c:a', 'aac', '-movflags', '+faststart']],
  ['late.mp4', 'mp4', [...PICTURE, ...TONE, ...X264, '-c:a', 'aac']],
  ['fragments.mp4', 'mp4', [...PICTURE, ...TONE, ...X264, '-c:a', 'aac', '-movflags', '+frag_keyframe+empty_moov']],
  ['sound.m4a', 'm4a', [...TONE, '-c:a', 'aac', '-f', 'ipod']],
  ['film.mov', 'mov', [...PICTURE, ...X264]],
  ['pictures.mov', 'mov', [...PICTURE, '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-movflags', '+faststart']],
  ['film.webm', 'webm', [...PICTURE, ...TONE, ...VP8]],
  ['live.webm', 'webm', [...PICTURE, ...TONE, ...VP8, '-live', '1']],
  ['sound.webm', 'weba', [...TONE, '-c:a', 'libopus', '-f', 'webm']],
  ['film.mkv', 'mkv', [...PICTURE, ...TONE, ...X264, '-c:a', 'aac']],
  ['sound.wav', 'wav', [...TONE]],
  ['film.avi', 'avi', [...PICTURE, ...TONE, '-c:v', 'mpeg4', '-c:a', 'libmp3lame']],
  ['tagged.mp3', 'mp3', [...TONE, '-c:a', 'libmp3lame', '-b:a', '64k', '-metadata', 'title=tone']],
  ['bare.mp3', 'mp3', [...TONE, '-c:a', 'libmp3lame', '-b:a', '64k', '-write_xing', '0', '-id3v2_version', '0']],
  ['layer2.mp2', 'mp3', [...TONE, '-c:a', 'mp2', '-f', 'mp2']],
  ['sound.aac', 'aac', [...TONE, '-c:a', 'aac', '-f', 'adts']],
  ['vorbis.ogg', 'ogg', [...TONE, '-c:a', 'libvorbis']],
  ['opus.ogg', 'ogg', [...TONE, '-c:a', 'libopus']],
  ['sound.flac', 'flac', [...TONE]],
  ['stereo.flac', 'flac', [...TONE, '-af', 'aecho,pan=stereo|c0=c0|c1=0.7*c0', '-sample_fmt', 's32']],
  ['film.flv', 'flv', [...PICTURE, ...TONE, ...X264, '-c:a', 'aac']],
  ['film.wmv', 'wmv', [...PICTURE, ...TONE, '-c:v', 'wmv2', '-c:a', 'wmav2']],
  ['sound.wma', 'wma', [...TONE, '-c:a', 'wmav2']],
  ['film.ts', 'mpeg-ts', [...PICTURE, ...TONE, ...X264, '-c:a', 'aac']],
  ['film.m2ts', 'mpeg-ts', [...PICTURE, ...X264, '-mpegts_m2ts_mode', '1', '-f', 'mpegts']],
  ['film.mpg', 'mpeg-ps', [...PICTURE, ...TONE, '-c:v', 'mpeg2video', '-c:a', 'mp2', '-f', 'vob']],
]

const drawn: [string, Format, string[]][] = [
  ['picture.jpg', 'jpeg', [...PICTURE, '-frames:v', '1']],
  ['picture.png', 'png', [...PICTURE, '-frames:v', '1']],
  ['moving.gif', 'gif', [...PICTURE, '-t', '0.4']],
]

/** Makes them all, in some seconds of one core. */
export function makeFiles(): MadeFile[] {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-carve-'))
  try {
    const made = [...filmed, ...drawn].map(([name, format, args]): MadeFile => {
      const path = join(folder, name)
      const length = args.includes('-t') || args.includes('-frames:v') ? [] : ['-t', '1']
      execFileSync('ffmpeg', ['-v', 'error', '-y', '-nostdin', ...args, ...length, '-threads', '1', '-bitexact', path])
      const lasts = filmed.some(([own]) => own === name) ? { seconds: 1 } : {}
      return { name, format, bytes: readFileSync(path), ...lasts }
    })
    return [...made, ...zips(folder), ...written()]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function zips(folder: string): MadeFile[] {
  const from = join(folder, 'zipped')
  mkdirSync(join(from, 'ppt'), { recursive: true })
  writeFileSync(join(from, 'mimetype'), 'application/vnd.oasis.opendocument.presentation')
  writeFileSync(join(from, '[Content_Types].xml'), '<Types/>')
  writeFileSync(join(from, 'ppt', 'presentation.xml'), `<p:presentation>${'slide '.repeat(500)}</p:presentation>`)
  writeFileSync(join(from, 'content.xml'), `<office>${'page '.repeat(900)}</office>`)
  const zip = (name: string, ...args: string[]): Buffer => {
    execFileSync('zip', ['-q', '-X', join(folder, name), ...args], { cwd: from })
    return readFileSync(join(folder, name))
  }
  // A pipe can't go back: sizes follow the data (§4.4.4).
  const piped = execFileSync('sh', ['-c', 'zip -q -X -r - . | cat'], { cwd: from })
  return [
    { name: 'stored.zip', format: 'zip', bytes: zip('stored.zip', '-0', 'content.xml', 'mimetype') },
    { name: 'deck.pptx', format: 'pptx', bytes: zip('deck.pptx', '[Content_Types].xml', 'ppt/presentation.xml') },
    { name: 'deck.odp', format: 'odp', bytes: zip('deck.odp', '-0', 'mimetype', 'content.xml') },
    { name: 'piped.zip', format: 'pptx', bytes: piped },
  ]
}

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0 &gt; 9"/><!-- > --></svg>\n'
const CUES = 'WEBVTT\n\n00:01.000 --> 00:02.500\nHello <v Ann>there</v>\n\n00:03.000 --> 00:04.250 line:0\nand back.\n'
const SRT =
  '1\n00:00:01,000 --> 00:00:02,000\nFirst words of it\n\n2\n00:00:03,500 --> 00:00:05,250\nand the last ones.\n'
const TTML =
  '<?xml version="1.0"?>\n<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="00:00:02.5">Hi</p></div></body></tt>\n'
const DATA = JSON.stringify({
  slides: [
    { at: 1.5, name: 'one "quoted" }' },
    { at: 2e3, name: null },
  ],
  ok: true,
})

function written(): MadeFile[] {
  const text = (name: string, format: Format, content: string, freeText = false): MadeFile => {
    return { name, format, bytes: Buffer.from(content), ...(freeText ? { freeText } : {}) }
  }
  const prose = 'The meeting began at nine. Nobody spoke of the slides before ten, when all of them had been shown.\n'
  return [
    { name: 'paper.pdf', format: 'pdf', bytes: pdf(1) },
    { name: 'updated.pdf', format: 'pdf', bytes: pdf(3) },
    { name: 'deck.ppt', format: 'ppt', bytes: compound(700) },
    { name: 'text.gz', format: 'gzip', bytes: gzipSync(prose.repeat(50)) },
    { name: 'members.gz', format: 'gzip', bytes: Buffer.concat([gzipSync(prose), gzipSync(randomish(70_000))]) },
    { name: 'slide.swf', format: 'swf', bytes: flash() },
    text('drawing.svg', 'svg', SVG),
    text('cues.ttml', 'ttml', TTML),
    text('events.xml', 'xml', '<recording>\n <event timestamp="1"><![CDATA[a > b </event>]]></event>\n</recording>\n'),
    text('data.json', 'json', DATA),
    text('lines.jsonl', 'json', `${DATA}\n${DATA}\n`),
    text('page.html', 'html', '<!DOCTYPE html>\n<html><body><p>one<br>two</body></html>\n'),
    text('cues.vtt', 'vtt', CUES, true),
    text('cues.srt', 'srt', SRT, true),
    text('list.m3u8', 'm3u8', '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\npart0.ts\n#EXT-X-ENDLIST\n', true),
    text('notes.txt', 'text', prose.repeat(3), true),
    {
      name: 'wide.srt',
      format: 'srt',
      bytes: Buffer.from(`\ufeff${SRT.replaceAll('s', 'ß')}`, 'utf16le'),
      freeText: true,
    },
  ]
}

function randomish(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * index * 31 + (index >> 3)) & 0xff))
}

/** A page without content, and updates that each say it again (ISO 32000-1 §7.5.6). */
export function pdf(parts: number): Buffer {
  let text = '%PDF-1.4\n%\xe2\xe3\xcf\xd3\n'
  let previous = -1
  for (let part = 0; part < parts; part++) {
    const places: number[] = []
    const objects = ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [] /Count 0 >>']
    for (const [index, body] of objects.entries()) {
      places.push(text.length)
      text += `${index + 1} 0 obj\n${body}\nendobj\n`
    }
    const table = text.length
    const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('')
    const back = previous < 0 ? '' : ` /Prev ${previous}`
    text += `xref\n0 3\n0000000000 65535 f \n${rows}trailer\n<< /Size 3 /Root 1 0 R${back} >>\nstartxref\n${table}\n%%EOF\n`
    previous = table
  }
  return Buffer.from(text, 'latin1')
}

/** A compound file with one stream of so many sectors, and what names it PowerPoint's (MS-CFB §2). */
export function compound(sectors: number): Buffer {
  const tables = Math.ceil((sectors + 12) / 128)
  const bytes = Buffer.alloc(512 * (1 + tables + 1 + sectors))
  bytes.set([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])
  bytes.writeUInt16LE(0x3e, 24)
  bytes.writeUInt16LE(3, 26)
  bytes.writeUInt16LE(0xfffe, 28)
  bytes.writeUInt16LE(9, 30)
  bytes.writeUInt16LE(6, 32)
  bytes.writeUInt32LE(tables, 44)
  bytes.writeUInt32LE(tables, 48)
  bytes.writeUInt32LE(4096, 56)
  bytes.writeUInt32LE(0xfffffffe, 60)
  bytes.writeUInt32LE(0xfffffffe, 68)
  for (let index = 0; index < 109; index++) bytes.writeUInt32LE(index < tables ? index : 0xffffffff, 76 + index * 4)
  const link = (sector: number, value: number) => bytes.writeUInt32LE(value, 512 + sector * 4)
  bytes.fill(0xff, 512, 512 * (1 + tables))
  for (let index = 0; index < tables; index++) link(index, 0xfffffffd)
  link(tables, 0xfffffffe)
  for (let index = 0; index < sectors; index++)
    link(tables + 1 + index, index === sectors - 1 ? 0xfffffffe : tables + 2 + index)
  const directory = 512 * (1 + tables)
  const entry = (index: number, name: string, kind: number): void => {
    const at = directory + index * 128
    bytes.write(name, at, 'utf16le')
    bytes.writeUInt16LE((name.length + 1) * 2, at + 64)
    bytes[at + 66] = kind
  }
  entry(0, 'Root Entry', 5)
  entry(1, 'PowerPoint Document', 2)
  bytes.fill(0x5a, 512 * (2 + tables))
  return bytes
}

function flash(): Buffer {
  const body = Buffer.concat([Buffer.from([0x08, 0, 0x18, 1, 0]), randomish(3000)])
  const head = Buffer.from('CWS\x08\0\0\0\0', 'latin1')
  head.writeUInt32LE(8 + body.length, 4)
  return Buffer.concat([head, deflateSync(body)])
}
