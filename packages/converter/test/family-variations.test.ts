// The same archive as another version, machine or program would have written it: what is read of it is the same.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimedEvents } from '../src/families/claimed-events.ts'
import type { Reading } from '../src/families/family.ts'
import { correctedReading } from '../src/timeline/corrected-events.ts'
import { type Sample, samples } from './family-samples.ts'
import { smallFolder } from './small-folder.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-variations-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Content = string | Uint8Array
type Files = Record<string, Content>

const plain = ({ files }: Sample): Files =>
  Object.fromEntries(
    Object.entries(files).map(([name, content]) => {
      const isPlain = typeof content === 'string' || content instanceof Uint8Array
      return [name, isPlain ? content : JSON.stringify(content)]
    }),
  )

/** Of each file that is text. */
const ofTexts =
  (change: (text: string, name: string) => Content) =>
  (files: Files): Files =>
    Object.fromEntries(
      Object.entries(files).map(([name, content]) => [
        name,
        typeof content === 'string' ? change(content, name) : content,
      ]),
    )

const ofXml = (change: (text: string) => string) =>
  ofTexts((text, name) => (/\.(xml|svg)$/.test(name) ? change(text) : text))
const ofJson = (change: (value: unknown) => unknown) =>
  ofTexts((text, name) => (name.endsWith('.json') ? JSON.stringify(change(JSON.parse(text)), null, 4) : text))

const wide = (text: string): Uint8Array =>
  Buffer.from(`\ufeff${text.replace(/encoding="UTF-8"/, 'encoding="UTF-16"')}`, 'utf16le')

/** Members that nobody knows, in every object. */
function withMore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMore)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, inner]) => [name, withMore(inner)] as const)
  return { newer: { version: 9, list: [1, null] }, ...Object.fromEntries(members.reverse()), alsoNewer: null }
}

const variations: Readonly<Record<string, (files: Files) => Files>> = {
  'with a byte order mark': ofTexts((text) => `\ufeff${text}`),
  'with CR LF': ofTexts((text) => text.replaceAll('\n', '\r\n')),
  'with empty lines at its end': ofTexts((text) => `${text}\n\n`),
  'in a folder': (files) =>
    Object.fromEntries(Object.entries(files).map(([name, content]) => [`Optics (1)/${name}`, content])),
  'beside what systems leave behind': (files) => ({
    ...files,
    ...{ '.DS_Store': Buffer.alloc(100), 'Thumbs.db': Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0, 0, 0, 0]) },
    ...{ '__MACOSX/._a': Buffer.alloc(50), 'README.txt': 'nothing to see\n', 'desktop.ini': '[.ShellClassInfo]\r\n' },
  }),
  'with comments and instructions in its XML': ofXml((text) =>
    text
      .replace(/^(<\?xml[^>]*\?>)?/, '$1\n<!-- made by 9.9 -->\n<?instruction here?>\n')
      .replace(/<\/(\w+)>\n$/, '<!-- the end --></$1>\n'),
  ),
  'with elements and attributes that are new': ofXml((text) =>
    text
      .replace(/<(\w+)((?:\s[^>]*)?)>/, '<$1$2 newer="9">')
      .replace(/<\/(\w+)>\n?$/, '<newer version="9"><inner>1</inner></newer></$1>\n'),
  ),
  'with members that are new, in another order, in JSON written over lines': ofJson(withMore),
  // Slack, Mattermost and others write UTF-8, whatever the machine.
  'with its XML in UTF-16': (files) =>
    Object.fromEntries(
      Object.entries(files).map(([name, content]) => [
        name,
        typeof content === 'string' && name.endsWith('.xml') ? wide(content) : content,
      ]),
    ),
  'with its XML in the code page that it declares': (files) =>
    Object.fromEntries(
      Object.entries(files).map(([name, content]) => {
        if (typeof content !== 'string' || !name.endsWith('.xml')) return [name, content]
        const declared = content.replace(/^(?:<\?xml[^>]*\?>)?/, '<?xml version="1.0" encoding="ISO-8859-1"?>')
        return [name, Buffer.from(declared, 'latin1')]
      }),
    ),
  'with its texts in UTF-16': (files) =>
    Object.fromEntries(
      Object.entries(files).map(([name, content]) => [
        name,
        typeof content === 'string' && /\.(vtt|srt|sbv|txt|csv)$/.test(name) ? wide(content) : content,
      ]),
    ),
}

/** Names without the folder that one variation puts around all. */
const bare = (name: string): string => name.replace(/^Optics \(1\)\//, '')

function told({ format, kept, cut, statedMs, tracks, decks, events, metadata }: Reading) {
  const { title, started, attendees, authors } = metadata
  return {
    ...{ format, kept, cut, statedMs, title, started, attendees, authors },
    tracks: tracks.map((track) => ({ ...track, file: bare(track.file) })),
    decks: decks.map(({ name, pages, document }) => {
      return { name: bare(name), document, pages: pages.map((page) => (page === null ? null : bare(page))) }
    }),
    events: events.map((event) => ('resource' in event ? { ...event, resource: bare(String(event.resource)) } : event)),
  }
}

async function readIn(place: string, files: Files): Promise<Reading> {
  const found = await smallFolder(place, files)
  const [best] = await claimedEvents(found)
  if (best === undefined) throw new Error(`nobody claims ${Object.keys(files).join(', ')}`)
  return correctedReading(await best.family.read(found, best.claim))
}

describe.each(samples)('an archive of $format', (sample) => {
  let reading: Reading
  beforeAll(async () => {
    reading = await readIn(join(folder, `${sample.format} plain`), plain(sample))
  })

  it('is read as what it is', () => {
    expect(reading.format).toBe(sample.format)
    expect(reading.events.length + reading.decks.length).toBeGreaterThan(sample.format === 'jibri' ? -1 : 0)
  })

  it.each(Object.keys(variations))('is the same %s', async (name) => {
    const varied = await readIn(join(folder, `${sample.format} ${name}`), variations[name]!(plain(sample)))
    expect(told(varied)).toEqual(told(reading))
  })
})
