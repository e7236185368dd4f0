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
const source = z.looseObject({ src: z.string(), mimetype: z.string().optional(), res: size.optional() })
const images = z.looseObject({
  frames: z.array(z.looseObject({ time: seconds, src: z.string() })).max(10_000),
  mimetype: z.string().optional(),
  res: size.optional(),
})
const stream = z.looseObject({
  content: z.string().optional(),
  sources: z.record(z.string(), z.unknown()),
})
const schema = z.looseObject({
  metadata: z.looseObject({ title: z.string().optional(), duration: seconds.optional() }),
  streams: z.array(stream).max(100),
  frameList: z
    .array(z.looseObject({ time: seconds, url: z.string() }))
    .max(10_000)
    .optional(),
  captions: z
    .array(z.looseObject({ lang: z.string(), url: z.string(), format: z.string().optional() }))
    .max(1000)
    .optional(),
})
type Data = z.infer<typeof schema>

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
  for (const { content = 'presenter', sources } of data.streams) {
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
        role: content === 'presentation' ? 'screen' : 'camera',
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
  for (const { lang, url, format } of data.captions ?? []) {
    const local = localFile(url, files)
    const fields = { type: 'captions', language: lang.slice(0, 35), startMs: 0 }
    if (local !== null) facts.set(local.name, fields)
    else if (/^https?:\/\//.test(url)) {
      const contentType =
        format === 'vtt' ? 'text/vtt' : format === 'srt' ? 'application/x-subrip' : 'application/ttml+xml'
      more.push({
        ...fields,
        name: `captions/${lang.replaceAll(/\W/g, '_')}.${endingOf(url)}`,
        contentType,
        pointer: url,
      })
    }
  }
  const slides = slidesOf(data, files)
  more.push(...slides.more)
  const { title = '' } = data.metadata
  return {
    format: 'paella',
    metadata: { ...(title !== '' && { title }), source: { system: 'Paella', metadata: data.metadata } },
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
  const parsed = z.array(source).max(100).safeParse(listed)
  if (!parsed.success) return []
  const fallback = form === 'hls' ? 'application/vnd.apple.mpegurl' : 'video/mp4'
  return parsed.data.map(({ src, mimetype, res }) => {
    const contentType = mimetype !== undefined && /^[\w.+-]+\/[\w.+-]+$/.test(mimetype) ? mimetype : fallback
    return { src, contentType, area: (res?.w ?? 0) * (res?.h ?? 0) }
  })
}

/** Of several sizes the largest; where no stream has any, the list for everything. Times are in no order. */
function slidesOf(
  data: Data,
  files: readonly FoundFile[],
): { deck: Deck | null; events: TimelineEvent[]; more: MoreItem[] } {
  const sizes = data.streams.flatMap(({ sources }) => z.array(images).safeParse(sources['image']).data ?? [])
  sizes.sort((left, right) => (right.res?.w ?? 0) * (right.res?.h ?? 0) - (left.res?.w ?? 0) * (left.res?.h ?? 0))
  const listed = (data.frameList ?? []).map(({ time, url }) => ({ time, src: url }))
  const frames = [...(sizes.find((each) => each.frames.length > 0)?.frames ?? listed)].sort(
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
