// Archives as one finds them: a film, slides, what was said, and things that want to run.
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  EVENTS_TYPE,
  eventsContent,
  type ItemFields,
  type NewItem,
  newSigningKey,
  openEditor,
  signer,
  UmfWriter,
} from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { MemoryFile } from '../../umf/test/memory-file.ts'

export type MadeMedia = { video: Uint8Array; slides: Uint8Array[]; sound: Uint8Array }

const seconds = 6
const slideCount = 4
/** Of the head of an archive. */
const headBytes = 8192

/** Six seconds of picture and sound in an MP4 whose `moov` comes first, four pictures, and two seconds of a tone. */
export function makeMedia(folder: string): MadeMedia {
  const at = (name: string) => join(folder, name)
  const input = '-f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine=frequency=440'
  const film = `-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -movflags +faststart -t ${seconds}`
  ffmpeg(`${input} ${film} ${at('talk.mp4')}`)
  ffmpeg(`-f lavfi -i gradients=size=640x360:rate=1:seed=7 -frames:v ${slideCount} ${at('slide-%d.png')}`)
  ffmpeg(`-f lavfi -i sine=frequency=330 -t 2 ${at('tone.wav')}`)
  const read = (name: string) => new Uint8Array(readFileSync(at(name)))
  return {
    video: read('talk.mp4'),
    slides: Array.from({ length: slideCount }, (_, index) => read(`slide-${index + 1}.png`)),
    sound: read('tone.wav'),
  }
}

function ffmpeg(args: string): void {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args.split(' ')])
}

const text = (words: string) => new TextEncoder().encode(words)
const page = '<script>document.title = "it ran"</script><img src="https://example.org/seen"><h1>Notes</h1>'
const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100" onload="document.title='it ran'">
  <script>document.title = 'it ran'</script><rect width="200" height="100" fill="rgb(0,128,0)"/></svg>`

export const hostileName = 'notes/<b onclick=alert(1)>&lt;bold.html'

function itemsOfADay({ slides, sound }: MadeMedia): NewItem[] {
  const item = (fields: Partial<ItemFields> & Pick<ItemFields, 'name' | 'type' | 'contentType'>): ItemFields => fields
  const ms = (1000 * seconds) / slides.length
  return [
    ...slides.map((content, index) => ({
      item: item({
        name: `slides/${index + 1}.png`,
        type: 'slide',
        contentType: 'image/png',
        startMs: index * ms,
        endMs: (index + 1) * ms,
        title: `Slide ${index + 1}`,
      }),
      content,
    })),
    {
      item: item({ name: 'interpreter.wav', type: 'audio', contentType: 'audio/wav', startMs: 1000, endMs: 3000 }),
      content: sound,
    },
    {
      item: item({
        name: 'transcript.vtt',
        type: 'transcript',
        contentType: 'text/vtt',
        language: 'en',
        startMs: 0,
        endMs: 6000,
      }),
      content: text('WEBVTT\n\n00:00.000 --> 00:02.000\nGood morning, and welcome.\n'),
    },
    {
      item: item({
        name: 'chat.json',
        type: 'chat',
        contentType: 'application/json',
        limits: { group: ['staff', 'crew'] },
      }),
      content: text('[{"t":1200,"sender":"Ada","text":"Hello"}]'),
    },
    { item: item({ name: hostileName, type: 'notes', contentType: 'text/html' }), content: text(page) },
    { item: item({ name: 'plan.svg', type: 'image', contentType: 'image/svg+xml' }), content: text(drawing) },
    { item: item({ name: 'remark', type: 'notes', contentType: 'text/plain', level: 0 }), inline: text('only for me') },
    {
      item: item({
        name: 'budget.bin',
        type: 'document',
        contentType: 'application/pdf',
        encryption: { module: 'urn:umf:aes-256-gcm' },
      }),
      content: text('nothing that anybody could read'),
    },
    {
      item: item({ name: 'lecture-hall', type: 'video', contentType: 'video/mp4' }),
      pointer: 'https://example.org/other-camera.mp4',
    },
    {
      item: item({ name: 'events', type: 'events', contentType: EVENTS_TYPE }),
      content: eventsContent([
        ...slides.map((_, index) => ({
          t: index * ms,
          kind: 'slide',
          resource: `slides/${index + 1}.png`,
          data: { index },
        })),
        { t: 1200, kind: 'chat', data: { sender: 'Ada', text: 'Hello' } },
        { t: 1900, kind: 'chat', data: { sender: '<i>Ben</i>', text: 'Is this recorded?' } },
        { t: 2500, kind: 'mark', data: { label: 'important' } },
        { t: 4100, kind: 'question', data: { text: 'When do we begin?' } },
        { t: 4800, kind: 'mark', data: { label: 'question' } },
        { t: 5000, kind: 'join', data: { name: 'Cleo' } },
      ]),
    },
  ]
}

/** A film with slides, sound, words, events, an extension, and two signatures. */
export async function archiveOfADay(media: MadeMedia): Promise<Uint8Array> {
  const file = new MemoryFile()
  const writer = new UmfWriter({
    write: (bytes) => file.write(file.size, bytes.slice()),
    sha256,
    metadata: {
      title: 'A day at the workshop',
      description: 'How we cut, glue and <em>polish</em>.',
      authors: [{ name: 'Ada Example', role: 'speaker', email: 'ada@example.org' }, { name: 'Ben Sample' }],
      started: '2026-03-12T09:30:00Z',
      place: { name: 'Hall 2', latitude: 47.37, longitude: 8.54 },
      notes: [{ severity: 'warning', code: 'quiet', message: 'the sound is quiet', resource: 'interpreter.wav' }],
      timeTakenMs: 5400,
      billing: { project: 'W-17' },
    },
  })
  const { structure, samples } = laidAfterHead(media.video)
  const presentation = {
    name: 'talk.mp4',
    type: 'video',
    contentType: 'video/mp4',
    durationMs: 1000 * seconds,
  } as const
  await writer.media(presentation, structure, samples)
  await writer.add(...itemsOfADay(media))
  await writer.extension('abcd', text('somebody’s own'))
  await writer.finish()
  const editor = await openEditor(file, sha256)
  const [first, second] = [await newSigningKey(), await newSigningKey('ecdsa-p256-sha256')]
  await editor.sign([signer('Ada Example', first), signer('The archive of the workshop', second)])
  return file.bytes
}

/** What comes of a file of no known kind: two pages, what was found, and events that only have a label and a number. */
export async function archiveOfABlob({ slides }: MadeMedia): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  const write = (bytes: Uint8Array) => void all.push(bytes.slice())
  const writer = new UmfWriter({ write, sha256, metadata: { title: 'Something unknown', format: 'unknown' } })
  const pages = slides.slice(0, 3).map((content, index) => ({
    item: {
      ...{ name: `slides/deck/${index + 1}.png`, type: 'slide', contentType: 'image/png' },
      ...{ title: `Deck, ${index + 1}`, metadata: { deck: 'deck', index } },
    },
    content,
  }))
  const row = (id: string, kind: string, marker: string, values: number[], confidence: number) => ({
    ...{ id, kind, marker, count: values.length, values, confidence },
    places: values.map((_, index) => 50_000 + 9_000 * index + id.length),
  })
  const resource = (start: number, end: number, format: string, type: string) => ({
    ...{ start, end, format, type, contentType: `${type}/${format}`, whole: end < 48_000, name: `blob.bin/${start}` },
  })
  const resources = [resource(128, 40_000, 'mp3', 'audio'), resource(40_100, 48_000, 'png', 'image')]
  const searched = {
    ...{ file: 'blob.bin', size: 100_000, left: 52_228, read: 52_228, layout: null },
    patterns: [
      row('p1', 'event', '534c', [1, 2, 3], 0.97),
      row('p2', 'heartbeat', '00ff7e', [7, 7, 7, 7], 0),
      row('p3', 'unclear', '', [], 0),
    ],
  }
  const finding = {
    ...{ version: 1, extracted: [{ file: 'blob.bin', size: 100_000, count: 2, resources }] },
    ...{ searched: [searched], notes: [] },
  }
  await writer.add(
    ...pages,
    {
      item: { name: 'discovery.json', type: 'data', contentType: 'application/json', title: 'What was found in it' },
      content: text(JSON.stringify(finding)),
    },
    {
      item: { name: 'timeline.json', type: 'events', contentType: EVENTS_TYPE },
      content: eventsContent(
        [1, 2, 3].map((value) => ({ t: 1000 * value, kind: 'event', data: { label: 'SL', value, confidence: 0.97 } })),
      ),
    },
  )
  await writer.finish()
  return new Uint8Array(Buffer.concat(all))
}

export async function archiveOfMany(count: number): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  const writer = new UmfWriter({
    write: (bytes) => void all.push(bytes.slice()),
    sha256,
    metadata: { title: 'Very many' },
  })
  await writer.add(
    ...Array.from({ length: count }, (_, index) => ({
      item: {
        name: `page-${index}.txt`,
        type: 'slide',
        contentType: 'text/plain',
        startMs: 500 * index,
        endMs: 500 * index + 480,
      },
      content: text(`This is page ${index}.`),
    })),
    {
      item: { name: 'events', type: 'events', contentType: EVENTS_TYPE },
      content: eventsContent(
        Array.from({ length: count }, (_, index) => ({ t: 500 * index, kind: 'slide', data: { index } })),
      ),
    },
  )
  await writer.finish()
  return new Uint8Array(Buffer.concat(all))
}

/** An archive of one item of so many bytes that are zero, which need no room on most disks. */
export async function writeLargeArchive(path: string, length: number): Promise<void> {
  const file = openSync(path, 'w')
  const zeros = new Uint8Array(4 * 1024 * 1024)
  let at = 0
  const write = (bytes: Uint8Array) => {
    if (bytes.length < zeros.length) writeSync(file, bytes, 0, bytes.length, at)
    at += bytes.length
  }
  const writer = new UmfWriter({ write, sha256, metadata: { title: 'A long one' } })
  const content = (async function* () {
    for (let done = 0; done < length; done += zeros.length) yield zeros
  })()
  await writer.add({ item: { name: 'zeros', type: 'data', contentType: 'application/octet-stream' }, content, length })
  await writer.finish()
  closeSync(file)
}

/** The boxes of an MP4 after `ftyp`, with chunk offsets as if the head of an archive were before them. */
function laidAfterHead(video: Uint8Array): { structure: Uint8Array; samples: Uint8Array } {
  const bytes = video.slice()
  const view = new DataView(bytes.buffer)
  const file = Buffer.from(bytes.buffer)
  const ftyp = view.getUint32(0)
  const moovEnd = ftyp + view.getUint32(ftyp)
  for (let at = file.indexOf('stco'); at !== -1 && at < moovEnd; at = file.indexOf('stco', at + 4)) {
    const count = view.getUint32(at + 8)
    for (let entry = at + 12; entry < at + 12 + 4 * count; entry += 4) {
      view.setUint32(entry, view.getUint32(entry) + headBytes - ftyp)
    }
  }
  const samples = file.indexOf('mdat', moovEnd) + 4
  return { structure: bytes.subarray(ftyp, samples), samples: bytes.subarray(samples) }
}
