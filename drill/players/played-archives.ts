// Archives of every making, each beside the plain MP4 that it has to play like.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { openBodyIndex } from '@rushes/media'
import { eventText, type IngestSocket, openIngestSender } from '@rushes/protocol'
import {
  bytesSource,
  encodeAnchor,
  eventsContent,
  newArchiveId,
  newSigningKey,
  openEditor,
  preparePresentation,
  SLOTS,
  signer,
  UmfWriter,
} from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { WebSocket } from 'ws'
import { viewBytes } from '../../packages/media/test/mp4-bodies.ts'
import { boundaryImages } from '../../packages/umf/test/crash-images.ts'
import { MemoryFile } from '../../packages/umf/test/memory-file.ts'
import type { FaultContext } from '../fault.ts'
import { openScene, runProgram, type Scene } from '../scene.ts'
import { serverKey, startServer } from '../server-process.ts'

export type PlayedArchive = { name: string /** Paths. */; archive: string; mp4: string }

/** 25 pictures a second with a key frame each second, B-frames where the codec has them. */
const input = '-f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine=frequency=330:sample_rate=48000 -t 4'
const avc = '-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 25 -bf 2 -c:a aac -b:a 64k'
const recipes: Record<string, string> = {
  'recorded.mp4': `${avc} -movflags +faststart`,
  'fragmented.mp4': `${avc} -movflags +frag_keyframe+empty_moov+default_base_moof`,
  'recorded.webm': '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 25 -c:a libopus -f webm -live 1',
  'slide.png': '-frames:v 1',
  'photo.jpg': '-frames:v 1 -q:v 4',
}

type Media = (name: string) => { path: string; bytes: Uint8Array<ArrayBuffer> }

function makeMedia({ folder }: Scene): Media {
  for (const [name, form] of Object.entries(recipes)) {
    const args = `-v error -nostdin -y ${input} ${form}`.split(' ')
    runProgram('ffmpeg', [...args, join(folder, name)])
  }
  return (name) => ({ path: join(folder, name), bytes: new Uint8Array(readFileSync(join(folder, name))) })
}

const text = (content: string) => new TextEncoder().encode(content)

/** What belongs to a recording: slides, captions, chat; and media of other kinds, which are no tracks of it. */
function addAll(writer: UmfWriter, media: Media, slides: number): Promise<unknown> {
  const captions = 'WEBVTT\n\n00:00.000 --> 00:02.000\nGood evening\n\n00:02.000 --> 00:04.000\nGood night\n'
  const chat = [
    { t: 500, kind: 'chat', data: { sender: 'Ada', text: 'Hello' } },
    { t: 1000, kind: 'slide', data: { deck: 'slides', index: 1 } },
  ]
  return writer.add(
    ...Array.from({ length: slides }, (_, index) => ({
      item: { name: `slides/${index + 1}.png`, type: 'slide', contentType: 'image/png', startMs: index },
      // Of ten thousand, most are small: 10,000 of the same bytes would lie there once.
      content: index < 3 ? media('slide.png').bytes : text(`slide ${index}`),
    })),
    { item: { name: 'photo.jpg', type: 'image', contentType: 'image/jpeg' }, content: media('photo.jpg').bytes },
    { item: { name: 'captions.vtt', type: 'transcript', contentType: 'text/vtt' }, content: text(captions) },
    {
      item: { name: 'chat.json', type: 'chat', contentType: 'application/vnd.umf.events+json' },
      content: eventsContent(chat),
    },
    { item: { name: 'note', type: 'notes', contentType: 'text/plain' }, inline: text('in the index itself') },
    { item: { name: 'other.mp4', type: 'video', contentType: 'video/mp4' }, content: media('recorded.mp4').bytes },
    { item: { name: 'away', type: 'document', contentType: 'application/pdf' }, pointer: 'https://example.org/a.pdf' },
  )
}

type Making = { of: string; slides?: number; form?: 'whole' | 'unfinished' | 'streamed' }

async function made(media: Media, { of, slides = 3, form = 'whole' }: Making): Promise<Uint8Array> {
  const id = newArchiveId()
  const prepared = await preparePresentation(bytesSource(media(of).bytes), id, { sha256 })
  if (prepared.state !== 'ready') throw new Error(prepared.reason)
  const pieces: Uint8Array[] = []
  const write = (piece: Uint8Array): void => void pieces.push(piece.slice())
  const writer = new UmfWriter({ write, sha256, id, records: form !== 'whole', metadata: { title: 'Played' } })
  await writer.media({ name: 'main.mp4', ...prepared.fields }, prepared.structure, prepared.samples)
  await addAll(writer, media, slides)
  await writer.extension('abcd', text("somebody's own"))
  if (form === 'unfinished') return Buffer.concat(pieces)
  await writer.finish()
  const bytes = Buffer.concat(pieces)
  if (form === 'whole') bytes.set(encodeAnchor(writer.anchor, sha256), SLOTS[0])
  return bytes
}

/** Items put, replaced, renamed, removed, erased; by records and by indexes; signed, and edited on. */
async function edited(bytes: Uint8Array): Promise<{ bytes: Uint8Array; crashed: Uint8Array }> {
  const file = new MemoryFile(bytes)
  const item = (name: string) => ({ name, type: 'data', contentType: 'text/plain' })
  const editor = await openEditor(file, sha256)
  await editor.edit({ put: [{ item: item('first'), content: text('by record') }] }, { by: 'record' })
  await editor.edit({ put: [{ item: item('second'), content: new Uint8Array(300_000).fill(7) }] })
  await editor.edit({ put: [{ item: item('first'), content: text('replaced') }], metadata: { title: 'Edited' } })
  await editor.edit({ change: [{ name: 'second', fields: { name: 'renamed', title: 'Second' } }] }, { by: 'record' })
  await editor.erase(['photo.jpg'])
  await editor.edit({ remove: ['slides/2.png'] })
  await editor.edit({ put: [{ item: item('third'), inline: text('inline') }] })
  await editor.writeIndex()
  await editor.sign([signer('Ada', await newSigningKey())])
  const before = file.bytes
  const begun = file.operations.length
  await editor.edit({ put: [{ item: item('fourth'), content: new Uint8Array(50_000).fill(9) }] })
  const images = [...boundaryImages({ before, operations: file.operations.slice(begun) })]
  // The new index is there and does not hold yet.
  const crashed = images[images.length >> 1]!.bytes
  return { bytes: file.bytes, crashed }
}

const kept = new Map<FaultContext['scale'], Promise<PlayedArchive[]>>()

/** Made once for all players; gone when the process ends. */
export function playedArchives(context: FaultContext): Promise<PlayedArchive[]> {
  const made = kept.get(context.scale) ?? makeArchives({ ...context, scene: openScene() })
  kept.set(context.scale, made)
  return made
}

async function makeArchives(context: FaultContext): Promise<PlayedArchive[]> {
  const { scene, scale } = context
  const media = makeMedia(scene)
  const all: PlayedArchive[] = []
  const put = (name: string, bytes: Uint8Array, mp4: string): void => {
    const archive = join(scene.folder, `${name.replaceAll(/[^\w]+/g, '-')}.umf`)
    writeFileSync(archive, bytes)
    all.push({ name, archive, mp4 })
  }
  const view = (of: string): string => {
    const index = openBodyIndex()
    const body = media(of).bytes
    index.push(body)
    index.finish()
    const path = join(scene.folder, `${of}.view.mp4`)
    writeFileSync(path, viewBytes(index.mp4View(), body))
    return path
  }
  const plain = media('recorded.mp4').path
  put('H.264 and AAC', await made(media, { of: 'recorded.mp4' }), plain)
  put('VP9 and Opus of a WebM', await made(media, { of: 'recorded.webm' }), view('recorded.webm'))
  put('unfinished, without an index', await made(media, { of: 'recorded.mp4', form: 'unfinished' }), plain)
  const { bytes, crashed } = await edited(await made(media, { of: 'recorded.mp4' }))
  put('edited ten times', bytes, plain)
  if (scale === 'full') {
    put('H.264 and AAC of a fragmented MP4', await made(media, { of: 'fragmented.mp4' }), view('fragmented.mp4'))
    put('streamed, with records and an index', await made(media, { of: 'recorded.mp4', form: 'streamed' }), plain)
    put('left within an edit', crashed, plain)
    put('10,000 items', await made(media, { of: 'recorded.mp4', slides: 10_000 }), plain)
  }
  const [archive, mp4] = await serverMade(context, media('recorded.webm').bytes)
  const served = join(scene.folder, 'served.mp4')
  writeFileSync(served, mp4)
  put("a server's file.umf", archive, served)
  return all
}

/** A recording with events, sent as a recorder sends it: its `file.umf`, and its `file.mp4`. */
async function serverMade(context: FaultContext, body: Uint8Array): Promise<[Uint8Array, Uint8Array]> {
  const server = await startServer(context)
  try {
    const { ingestUrl, token, id } = await server.client.createRecording({ title: 'Played' })
    const events = [{ t: 500, kind: 'mark', data: { label: 'here' } } as const].map(eventText)
    const sender = openIngestSender({
      url: ingestUrl,
      token,
      crc32,
      connect: (url, subprotocol) => new WebSocket(url, subprotocol) as unknown as IngestSocket,
      spool: {
        size: body.length,
        acknowledged: { offset: 0, crc: 0 },
        read: async (offset, length) => body.subarray(offset, offset + length),
        acknowledge: async () => {},
        events: { count: events.length, read: async (first, most) => events.slice(first, first + most) },
      },
    })
    sender.end()
    const outcome = await sender.done
    if (outcome.state !== 'published') throw new Error(`the recording was refused: ${outcome.after}`)
    const fetched = async (name: string) => {
      const url = `${server.url}/api/v1/recordings/${id}/${name}`
      const answer = await fetch(url, { headers: { authorization: `Bearer ${serverKey}` } })
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`)
      return new Uint8Array(await answer.arrayBuffer())
    }
    return [await fetched('file.umf'), await fetched('file.mp4')]
  } finally {
    await server.stop()
  }
}
