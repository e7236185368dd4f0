// A session in the Universal Capture Specification, version 1: videos with their starts on one clock, documents, pictures, cuts.
import type { TimelineEvent } from '@rushes/umf'
import type { FoundFile } from '../../input/found-file.ts'
import type { Span } from '../../timeline/kept-time.ts'
import { allElements, descendant, elementsOf, textIn, type XmlElement } from '../../xml-tree.ts'
import type { ArchiveFolder } from '../archive-folder.ts'
import type { Deck, Reading, Track } from '../family.ts'
import { mediaDuration } from '../opencast/mpeg7.ts'

/** The first of these children that has a time in it (`PT1M2.5S`), ms. */
function timeIn(element: XmlElement, ...names: string[]): number | null {
  for (const name of names) {
    const child = descendant(element, name)
    const ms = child === null ? null : mediaDuration(textIn(child))
    if (ms !== null) return Math.round(ms * 1000) / 1000
  }
  return null
}

const wordIn = (element: XmlElement, ...names: string[]): string =>
  names.map((name) => textIn(descendant(element, name))).find((each) => each !== '') ?? ''

export function readSession(folder: ArchiveFolder, file: FoundFile, root: XmlElement): Reading {
  folder.know(file, { title: 'The session' })
  const listOf = (all: string, one: string): XmlElement[] => {
    const found = descendant(root, all)
    return found === null ? [] : elementsOf(found, one)
  }
  const tracks = listOf('Videos', 'Video').flatMap((video) => trackOf(folder, video))
  // Who is heard: the sound by itself, then whoever speaks.
  const rank = { voice: 0, main: 1, camera: 1, screen: 2 }
  tracks.sort((left, right) => rank[left.role] - rank[right.role])
  const shown = [
    ...listOf('Presentations', 'Presentation').map((each, index) => presentationOf(folder, each, index)),
    imagesOf(folder, listOf('Images', 'Image')),
  ]
  const contents = [...allElements(root, 'TableOfContents')].flatMap((each) => elementsOf(each))
  const marks = contents.flatMap((entry): TimelineEvent[] => {
    const t = timeIn(entry, 'Time', 'Start')
    const label = wordIn(entry, 'Title', 'Caption', 'Name', 'Text')
    return t === null || label === '' ? [] : [{ t, kind: 'mark', data: { label } }]
  })
  for (const transcript of allElements(root, 'Transcript')) {
    const found = folder.fileAt(wordIn(transcript, 'File'))
    const language = wordIn(transcript, 'Language')
    if (found !== null) {
      folder.know(found, { type: 'captions', startMs: 0, ...(language !== '' && { language }) })
    }
  }
  const text = (name: string): string => wordIn(root, name)
  const started = Date.parse(text('Date'))
  return folder.reading({
    format: 'panopto',
    metadata: {
      ...(text('Title') !== '' && { title: text('Title') }),
      ...(text('Description') !== '' && { description: text('Description') }),
      ...(Number.isFinite(started) && { started: new Date(started).toISOString() }),
      source: { system: 'Panopto', form: 'Universal Capture Specification 1' },
    },
    kept: null,
    cut: listOf('Cuts', 'Cut').flatMap(cutOf),
    tracks: tracks.length === 1 ? [{ ...tracks[0]!, role: 'main' }] : tracks,
    decks: shown.flatMap(({ deck }) => (deck === null ? [] : [deck])),
    events: [...shown.flatMap(({ events }) => events), ...marks],
  })
}

/** In it, `Primary` is the smaller picture: whoever speaks; `Secondary` is what is shown. */
function trackOf(folder: ArchiveFolder, video: XmlElement): Track[] {
  const file = folder.mediumAt(wordIn(video, 'File'))
  if (file === null) return []
  const type = wordIn(video, 'Type')
  const role = type === 'Secondary' ? 'screen' : type === 'Audio' ? 'voice' : 'camera'
  const startMs = timeIn(video, 'Start') ?? 0
  folder.know(file, { title: type || 'Video' })
  return [{ file: file.name, role, startMs, endMs: null, side: role }]
}

function cutOf(cut: XmlElement): Span[] {
  const startMs = timeIn(cut, 'Start', 'Time')
  const lengthMs = timeIn(cut, 'Duration', 'Length')
  const endMs = timeIn(cut, 'End') ?? (startMs !== null && lengthMs !== null ? startMs + lengthMs : null)
  return startMs === null || endMs === null || endMs <= startMs ? [] : [{ startMs, endMs }]
}

type Shown = { deck: Deck | null; events: TimelineEvent[] }

/** A document of slides, and when which of them (from 1) was turned to, counted from where it begins. */
function presentationOf(folder: ArchiveFolder, presentation: XmlElement, index: number): Shown {
  const file = folder.fileAt(wordIn(presentation, 'File'))
  const name = file === null ? `presentation-${index + 1}` : folder.pathOf(file)
  const startMs = timeIn(presentation, 'Start') ?? 0
  const events = [...allElements(presentation, 'SlideChange')].flatMap((change): TimelineEvent[] => {
    const t = timeIn(change, 'Time', 'Start')
    const number = Number(wordIn(change, 'SlideNumber', 'Number', 'Slide', 'Index') || Number.NaN)
    if (t === null || !Number.isInteger(number) || number < 1) return []
    return [{ t: startMs + t, kind: 'slide', data: { deck: name, index: number - 1, value: number } }]
  })
  const deck = file === null ? null : { name, title: name, document: file.name, pages: [] }
  return { deck, events }
}

/** Pictures that were shown, each from its time on. */
function imagesOf(folder: ArchiveFolder, images: readonly XmlElement[]): Shown {
  const name = 'images'
  const found = images.flatMap((image) => {
    const file = folder.fileAt(wordIn(image, 'File'))
    const t = timeIn(image, 'Start', 'Time')
    return file === null || t === null ? [] : [{ file, t }]
  })
  if (found.length === 0) return { deck: null, events: [] }
  found.sort((left, right) => left.t - right.t)
  const events = found.map(({ t }, index) => ({ t, kind: 'slide', data: { deck: name, index, value: index + 1 } }))
  return { deck: { name, title: 'Images', pages: found.map(({ file }) => file.name) }, events }
}
