// An archive of which is known what is to be seen, read and heard of when.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  EVENTS_TYPE,
  eventsContent,
  type ItemFields,
  type NewItem,
  type NewPresentation,
  type TimelineEvent,
  UmfWriter,
} from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'

export type Colour = [red: number, green: number, blue: number]

/** What the video shows for 5 seconds each. */
export const filmed: readonly Colour[] = [
  [200, 30, 30],
  [30, 170, 60],
  [40, 60, 200],
  [230, 230, 230],
]
export const filmedSeconds = 5
export const seconds: number = filmed.length * filmedSeconds

/** Of each slide; `slides/1.png` is the first. */
export const painted: readonly Colour[] = [
  [240, 200, 40],
  [150, 40, 170],
  [30, 180, 190],
  [250, 120, 40],
  [90, 90, 90],
]
/** Which slide is shown from when on, ms; the second one twice. */
export const turns: readonly { t: number; index: number }[] = [
  { t: 0, index: 0 },
  { t: 4000, index: 1 },
  { t: 8000, index: 2 },
  { t: 12_000, index: 1 },
  { t: 14_500, index: 3 },
  { t: 17_000, index: 4 },
]
/** Said in each 2 seconds, but for the first and the last 200 ms of them. */
export const said = (k: number): string =>
  k === 3 ? '<img src=x onerror="document.title=\'taken\'"> & more' : `Words ${k}`
export const cues: readonly { from: number; to: number; text: string }[] = Array.from({ length: 10 }, (_, k) => {
  return { from: 2000 * k + 200, to: 2000 * k + 1800, text: said(k) }
})
export const messages: readonly TimelineEvent[] = Array.from({ length: 12 }, (_, k) => {
  if (k === 4) return { t: 1500 * k, kind: 'question', data: { sender: 'Bo', text: 'Why?' } }
  if (k === 5) return { t: 1500 * k, kind: 'answer', data: { sender: 'Ada', text: 'Because.' } }
  const text =
    k === 2 ? '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>' : `Message ${k}`
  return { t: 1500 * k, kind: 'chat', data: { sender: k % 2 === 0 ? 'Ada' : '<b>Bo</b>', text } }
})
const marks: readonly TimelineEvent[] = [
  { t: 5000, kind: 'mark', data: { label: 'Second colour' } },
  { t: 15_000, kind: 'mark', data: { label: 'question' } },
]

/** MP4 and pictures, made once. */
export type MadeMedia = { film: Uint8Array; sound: Uint8Array; pictures: readonly Uint8Array[] }

export function makeMedia(): MadeMedia {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-archive-media-'))
  const ffmpeg = (...args: string[]) =>
    execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args], { cwd: folder })
  const hex = (colour: Colour) => `0x${colour.map((each) => each.toString(16).padStart(2, '0')).join('')}`
  try {
    const clips = filmed.flatMap((colour) => [
      '-f',
      'lavfi',
      '-i',
      `color=${hex(colour)}:s=320x180:r=25:d=${filmedSeconds}`,
    ])
    const tone = ['-f', 'lavfi', '-i', `sine=frequency=330:duration=${seconds}`]
    const joined = `${filmed.map((_, index) => `[${index}:v]`).join('')}concat=n=${filmed.length}:v=1[v]`
    const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25']
    const maps = ['-filter_complex', joined, '-map', '[v]', '-map', `${filmed.length}:a`]
    ffmpeg(...clips, ...tone, ...maps, ...h264, '-c:a', 'aac', '-movflags', '+faststart', 'film.mp4')
    ffmpeg(...tone, '-c:a', 'aac', '-movflags', '+faststart', 'sound.m4a')
    for (const [index, colour] of painted.entries()) {
      ffmpeg('-f', 'lavfi', '-i', `color=${hex(colour)}:s=640x360,format=rgb24`, '-frames:v', '1', `${index}.png`)
    }
    const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)))
    return {
      film: read('film.mp4'),
      sound: read('sound.m4a'),
      pictures: painted.map((_, index) => read(`${index}.png`)),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export type ArchiveWishes = {
  /** Null: none. */
  presentation?: Uint8Array | null
  metadata?: Record<string, unknown>
  items: readonly NewItem[]
}

export async function makeArchive({
  presentation = null,
  metadata = { title: 'A talk' },
  items,
}: ArchiveWishes): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  const writer = new UmfWriter({ write: (piece) => void pieces.push(piece.slice()), sha256, metadata })
  if (presentation !== null) {
    const { structure, samples } = behindHead(presentation)
    const fields: NewPresentation = {
      ...{ name: 'film.mp4', type: 'video', durationMs: 1000 * seconds },
      contentType: 'video/mp4; codecs="avc1.42C00D, mp4a.40.2"',
    }
    await writer.media(fields, structure, samples)
  }
  await writer.add(...items)
  await writer.finish()
  return Buffer.concat(pieces)
}

/** All that the player shows, after 100 kB of nothing of interest: what the file ends with is here in one request. */
export function talkItems({ pictures }: MadeMedia): NewItem[] {
  return [
    ...pictures.map((content, index) => ({ item: slide(`slides/${index + 1}.png`), content })),
    {
      item: { name: 'padding', type: 'data', contentType: 'application/octet-stream' },
      content: new Uint8Array(100_000),
    },
    transcript('transcript.vtt', 'en', cues),
    events('events.json', [...turns.map(turn), ...messages, ...marks]),
  ]
}

export function slide(name: string, more: Partial<ItemFields> = {}): ItemFields {
  return { name, type: 'slide', contentType: 'image/png', ...more }
}

export function turn({ t, index }: { t: number; index: number }): TimelineEvent {
  return { t, kind: 'slide', data: { deck: 'slides', index } }
}

export function events(name: string, all: readonly TimelineEvent[]): NewItem {
  return { item: { name, type: 'events', contentType: EVENTS_TYPE }, content: eventsContent(all) }
}

export function transcript(name: string, language: string, all: typeof cues): NewItem {
  const digits = (value: number, length: number) => String(value).padStart(length, '0')
  const clock = (ms: number) =>
    `${digits(Math.floor(ms / 60_000), 2)}:${digits(Math.floor(ms / 1000) % 60, 2)}.${digits(ms % 1000, 3)}`
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const blocks = all.map(({ from, to, text }, index) => {
    // As text, and as markup that a parser leaves out.
    const words =
      index % 2 === 0 ? `<v Ada><b>${escaped(text)}</b><img src=x onerror="document.title='taken'">` : escaped(text)
    return `${clock(from)} --> ${clock(to)} line:0\n${words}\n`
  })
  const style = 'STYLE\n::cue { background: url(/stolen) }\n'
  const content = new TextEncoder().encode(['WEBVTT\n', style, ...blocks].join('\n'))
  return { item: { name, type: 'transcript', contentType: 'text/vtt', language }, content }
}

/** An MP4 as it stands behind a head of 8,192 bytes: its chunk offsets (14496-12 §8.7.5) moved by as much as it is. */
function behindHead(mp4: Uint8Array): { structure: Uint8Array; samples: Uint8Array } {
  const bytes = Buffer.from(mp4)
  const ftyp = bytes.readUInt32BE(0)
  const moved = 8192 - ftyp
  const samples = bytes.indexOf('mdat', ftyp, 'latin1') + 4
  for (
    let at = bytes.indexOf('stco', 0, 'latin1');
    at >= 0 && at < samples;
    at = bytes.indexOf('stco', at + 4, 'latin1')
  ) {
    const count = bytes.readUInt32BE(at + 8)
    for (let entry = at + 12; entry < at + 12 + 4 * count; entry += 4) {
      bytes.writeUInt32BE(bytes.readUInt32BE(entry) + moved, entry)
    }
  }
  return { structure: bytes.subarray(ftyp, samples), samples: bytes.subarray(samples) }
}

/** The file with one bit of an item's content turned. */
export function damaged(file: Uint8Array, content: Uint8Array): Uint8Array {
  const copy = Buffer.from(file)
  const at = copy.indexOf(content)
  copy[at + (content.length >> 1)]! ^= 1
  return copy
}
