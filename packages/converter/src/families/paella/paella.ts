// data.json of Paella Player: streams and their sources, slides and captions, mostly elsewhere; times in seconds.
import type { TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import { ConvertError } from '../../convert-error.ts'
import { type FoundFile, folderOf, readText } from '../../input/found-file.ts'
import {
  type Claim,
  type Deck,
  type Family,
  type FileFacts,
  filesBelow,
  type MoreItem,
  type Reading,
  type Track,
} from '../family.ts'

const seconds = z.coerce.number().min(0).max(1e7)
const size = z.looseObject({ w: z.coerce.number(), h: z.coerce.number() })
const source = z.looseObject({
  src: z.string(),
  mimetype: z.string().nullish().catch(null),
  res: size.nullish().catch(null),
})
const images = z.looseObject({
  frames: z.unknown().optional(),
  mimetype: z.string().nullish().catch(null),
  res: size.nullish().catch(null),
})
const stream = z.looseObject({
  content: z.string().nullish(),
  sources: z.record(z.string(), z.unknown()),
})
const schema = z.looseObject({
  metadata: z.looseObject({ title: z.string().nullish().catch(null), duration: seconds.nullish() }),
  streams: z.array(stream).max(100),
  frameList: z.unknown().optional(),
  captions: z.unknown().optional(),
})
type Data = z.infer<typeof schema>

type Frame = { time: number; src: string }

const frame = z.union([
  z.looseObject({ time: seconds, src: z.string() }).transform(({ time, src }): Frame => ({ time, src })),
  z.looseObject({ time: seconds, url: z.string() }).transform(({ time, url }): Frame => ({ time, src: url })),
])
const caption = z.looseObject({
  lang: z.string().nullish().catch(null),
  url: z.string().min(1),
  format: z.string().nullish().catch(null),
})
const mostFrames = 10_000
const mostCaptions = 1000

/**
 * A list; in Paella 7 one in an object with where it is shown; in Matterhorn's an object of pictures by their second (`frame_12`). What is
 * none of them is left out, each for itself.
 */
function framesOf(listed: unknown): Frame[] {
  const within = z.looseObject({ frames: z.unknown().optional() }).safeParse(listed).data?.frames ?? listed
  if (Array.isArray(within)) return within.slice(0, mostFrames).flatMap((each) => frame.safeParse(each).data ?? [])
  if (typeof within !== 'object' || within === null) return []
  return Object.entries(within)
    .slice(0, mostFrames)
    .flatMap(([key, each]) => {
      const time = /^(?:frame_)?(\d{1,6}(?:\.\d{1,6})?)$/.exec(key)?.[1]
      if (typeof each === 'string') return time === undefined ? [] : [{ time: Number(time), src: each }]
      return frame.safeParse(each).data ?? []
    })
}

const mostBytes = 16 * 1024 * 1024

export const paella: Family = {
  format: 'paella',

  async claims(files) {
    const claims: Claim[] = []
    for (const file of files) {
      if ((await dataOf(file)) === null) continue
      const folder = folderOf(file.name)
      const root = folder === '' ? '' : `${folder}/`
      if (!claims.some((claim) => claim.root === root)) claims.push({ root })
    }
    return claims
  },

  async read(files, { root }) {
    const own = filesBelow(files, root)
    for (const file of own) {
      const data = folderOf(file.name) === root.slice(0, -1) ? await dataOf(file) : null
      if (data !== null) return readData(data, own)
    }
    throw new ConvertError('unreadable', 'there is no data.json of Paella in it')
  },
}

async function dataOf(file: FoundFile): Promise<Data | null> {
  if (file.kind !== 'application/json' || file.size > mostBytes) return null
  try {
    const parsed = schema.safeParse(JSON.parse(await readText(file, mostBytes)))
    return parsed.success && parsed.data.streams.some(({ sources }) => Object.keys(sources).length > 0)
      ? parsed.data
      : null
  } catch {
    return null
  }
}

/** @param files beside it, of which sources may be some */
function readData(data: Data, files: readonly FoundFile[]): Reading {
  const more: MoreItem[] = []
  const facts = new Map<string, FileFacts>()
  const tracks: Track[] = []
  const durationMs = Math.round((data.metadata.duration ?? 0) * 1000)
  const span = { startMs: 0, ...(durationMs > 0 && { endMs: durationMs }) }
  for (const { content: given, sources } of data.streams) {
    const content = given || 'presenter'
    const listed = Object.entries(sources).flatMap(([form, listed]) =>
      form === 'image' ? [] : sourcesOf(form, listed),
    )
    listed.sort((left, right) => right.area - left.area)
    const local = listed
      .map(({ src }) => localFile(src, files))
      .find((file) => file !== null && /^(audio|video)\//.test(file.kind))
    if (local !== undefined && local !== null) {
      tracks.push({
        file: local.name,
        role: /^presentation/.test(content) ? 'screen' : 'camera',
        startMs: 0,
        endMs: null,
        side: content,
      })
    }
    for (const [index, { src, contentType }] of listed.entries()) {
      if (localFile(src, files) !== null || !/^https?:\/\//.test(src)) continue
      const name = `${content}${index === 0 ? '' : ` (${index + 1})`}.${endingOf(src)}`
      more.push({ name, type: 'video', contentType, title: content, pointer: src, ...span })
    }
  }
  if (tracks.length === 1) tracks[0] = { ...tracks[0]!, role: 'main' }
  for (const each of Array.isArray(data.captions) ? data.captions.slice(0, mostCaptions) : []) {
    const parsed = caption.safeParse(each)
    if (!parsed.success) continue
    const { url, format } = parsed.data
    const lang = parsed.data.lang ?? ''
    const local = localFile(url, files)
    const fields = { type: 'captions', startMs: 0, ...(lang !== '' && { language: lang.slice(0, 35) }) }
    if (local !== null) facts.set(local.name, fields)
    else if (/^https?:\/\//.test(url)) {
      const contentType =
        format === 'vtt' ? 'text/vtt' : format === 'srt' ? 'application/x-subrip' : 'application/ttml+xml'
      more.push({
        ...fields,
        name: `captions/${lang.replaceAll(/\W/g, '_') || 'captions'}.${endingOf(url)}`,
        contentType,
        pointer: url,
      })
    }
  }
  const slides = slidesOf(data, files)
  more.push(...slides.more)
  const { title } = data.metadata
  return {
    format: 'paella',
    metadata: { ...(title && { title }), source: { system: 'Paella', metadata: data.metadata } },
    ...{
      kept: null,
      ...(durationMs > 0 && { statedMs: durationMs }),
      tracks,
      decks: slides.deck === null ? [] : [slides.deck],
      files: facts,
      more,
      events: slides.events,
      notes: [],
    },
  }
}

type Source = { src: string; contentType: string; area: number }

function sourcesOf(form: string, listed: unknown): Source[] {
  const fallback = form === 'hls' ? 'application/vnd.apple.mpegurl' : 'video/mp4'
  const all = Array.isArray(listed) ? listed.slice(0, 100) : []
  return all.flatMap((each) => {
    const parsed = source.safeParse(each)
    if (!parsed.success) return []
    const { src, mimetype, res } = parsed.data
    const contentType = mimetype && /^[\w.+-]+\/[\w.+-]+$/.test(mimetype) ? mimetype : fallback
    return [{ src, contentType, area: (res?.w ?? 0) * (res?.h ?? 0) }]
  })
}

/** Of several sizes the largest; where no stream has any, the list for everything. Times are in no order. */
function slidesOf(
  data: Data,
  files: readonly FoundFile[],
): { deck: Deck | null; events: TimelineEvent[]; more: MoreItem[] } {
  const sizes = data.streams.flatMap(({ sources }) => {
    const listed = sources['image']
    return (Array.isArray(listed) ? listed.slice(0, 100) : []).flatMap((each) => {
      const parsed = images.safeParse(each)
      return parsed.success
        ? [{ width: parsed.data.res?.w ?? 0, height: parsed.data.res?.h ?? 0, frames: framesOf(parsed.data.frames) }]
        : []
    })
  })
  sizes.sort((left, right) => right.width * right.height - left.width * left.height)
  const frames = [...(sizes.find((each) => each.frames.length > 0)?.frames ?? framesOf(data.frameList))].sort(
    (left, right) => left.time - right.time,
  )
  const name = 'presentation'
  const pages = frames.map(({ src }) => localFile(src, files)?.name ?? null)
  const more = frames.flatMap(({ src }, index): MoreItem[] => {
    if (pages[index] !== null || !/^https?:\/\//.test(src)) return []
    const fields = {
      type: 'slide',
      contentType: 'image/jpeg',
      title: `Slide ${index + 1}`,
      metadata: { deck: name, index },
    }
    return [{ ...fields, name: `slides/${name}/${index + 1}.${endingOf(src)}`, pointer: src }]
  })
  const events = frames.map(({ time }, index): TimelineEvent => {
    return { t: Math.round(time * 1000), kind: 'slide', data: { deck: name, index, value: index + 1 } }
  })
  const deck = pages.some((page) => page !== null) ? { name, title: 'Slides', pages } : null
  return { deck, events, more }
}

function localFile(src: string, files: readonly FoundFile[]): FoundFile | null {
  const path = src
    .replace(/^[a-z]+:\/\/[^/]*\//i, '')
    .replace(/[?#].*$/s, '')
    .replace(/^\.\//, '')
  // With its folder, since every slide may be called the same.
  const parts = path.split('/').slice(-2).join('/')
  return (
    files.find(
      ({ name }) => name === path || name.endsWith(`/${path}`) || name.endsWith(`/${parts}`) || name === parts,
    ) ?? null
  )
}

function endingOf(src: string): string {
  return /\.([a-z0-9]{1,5})(?:[?#].*)?$/i.exec(src)?.[1]?.toLowerCase() ?? 'bin'
}
