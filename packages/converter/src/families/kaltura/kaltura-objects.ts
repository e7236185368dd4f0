// What Kaltura's API answers, as it is saved (JSON, or XML with a root `xml`), and its feeds (MRSS, which bulk upload takes as well): in
// all of them an entry, its assets and its cue points, here as objects of one form.
import { z } from 'zod'
import { allElements, descendant, elementsOf, textIn, type XmlElement } from '../../xml-tree.ts'

/** One object: `kind` without `Kaltura` in front, and its members as text. */
export type KalturaObject = { kind: string; members: ReadonlyMap<string, string>; lists: ReadonlyMap<string, string[]> }

const mostObjects = 200_000
const mostDepth = 12

const scalar = z.union([z.string(), z.number(), z.boolean()])

/** Every object with an `objectType`, however deep: answers are saved alone, as lists, and many together. */
export function objectsOfJson(value: unknown): KalturaObject[] {
  const found: KalturaObject[] = []
  const visit = (each: unknown, depth: number): void => {
    if (depth > mostDepth || typeof each !== 'object' || each === null || found.length >= mostObjects) return
    if (Array.isArray(each)) {
      for (const inner of each) visit(inner, depth + 1)
      return
    }
    const type = (each as { objectType?: unknown }).objectType
    if (typeof type === 'string' && type.startsWith('Kaltura')) {
      const members = new Map<string, string>()
      const lists = new Map<string, string[]>()
      for (const [name, inner] of Object.entries(each)) {
        const plain = scalar.safeParse(inner)
        if (plain.success) members.set(name, String(plain.data))
        else if (Array.isArray(inner))
          lists.set(
            name,
            inner.map(textOf).filter((text) => text !== ''),
          )
      }
      found.push({ kind: type.slice('Kaltura'.length), members, lists })
    }
    for (const inner of Object.values(each)) visit(inner, depth + 1)
  }
  visit(value, 0)
  return found
}

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value
  const { text } = (typeof value === 'object' && value !== null ? value : {}) as { text?: unknown }
  return typeof text === 'string' ? text : ''
}

/** The same of an answer in XML. */
export function objectsOfXml(root: XmlElement): KalturaObject[] {
  const found: KalturaObject[] = []
  for (const type of allElementsWithChild(root, 'objectType')) {
    const name = textIn(descendant(type, 'objectType'))
    if (!name.startsWith('Kaltura') || found.length >= mostObjects) continue
    const members = new Map(elementsOf(type).map((each) => [each.name, textIn(each)]))
    const lists = new Map(
      elementsOf(type).map((each) => [
        each.name,
        elementsOf(each, 'item').map((item) => textIn(descendant(item, 'text') ?? item)),
      ]),
    )
    found.push({ kind: name.slice('Kaltura'.length), members, lists })
  }
  return found
}

function* allElementsWithChild(element: XmlElement, child: string): Generator<XmlElement> {
  if (elementsOf(element, child).length > 0) yield element
  for (const each of elementsOf(element)) yield* allElementsWithChild(each, child)
}

const sceneKinds: Readonly<Record<string, string>> = {
  'scene-thumb-cue-point': 'ThumbCuePoint',
  'scene-annotation': 'Annotation',
  'scene-code-cue-point': 'CodeCuePoint',
  'scene-ad-cue-point': 'AdCuePoint',
  'scene-question-cue-point': 'QuestionCuePoint',
}

/** The items of a feed: their times are `00:00:05.3`, which become ms as in the API. */
export function objectsOfFeed(root: XmlElement): KalturaObject[] {
  const found: KalturaObject[] = []
  const put = (
    kind: string,
    given: Readonly<Record<string, string | undefined>>,
    lists = new Map<string, string[]>(),
  ) => {
    const members = new Map(Object.entries(given).filter((pair): pair is [string, string] => !!pair[1]))
    if (found.length < mostObjects) found.push({ kind, members, lists })
  }
  for (const item of allElements(root, 'item')) {
    const word = (name: string): string => textIn(descendant(item, name))
    const entryId = word('entryId')
    if (entryId === '' && descendant(item, 'scenes') === null) continue
    put('MediaEntry', {
      ...{ id: entryId, name: word('name') || word('title'), description: word('description') },
      ...{ createdAt: word('createdAt'), parentEntryId: word('parentEntryId') },
    })
    for (const { attributes } of allElements(item, 'content')) {
      put('FlavorAsset', { entryId, id: attributes.get('flavorAssetId'), url: attributes.get('url') })
    }
    for (const { attributes } of allElements(item, 'subTitle')) {
      put('CaptionAsset', { entryId, id: attributes.get('captionAssetId'), ...captionOf(attributes) })
    }
    const scenes = descendant(item, 'scenes')
    for (const scene of scenes === null ? [] : elementsOf(scenes)) {
      const kind = sceneKinds[scene.name]
      if (kind === undefined) continue
      const own = (...names: string[]): string =>
        names.map((name) => textIn(descendant(scene, name))).find((each) => each !== '') ?? ''
      const slide = descendant(scene, 'slide')
      const url = slide === null ? undefined : [...allElements(slide, 'urlContentResource')][0]?.attributes.get('url')
      const [start, end] = ['sceneStartTime', 'sceneEndTime'].map((name) => clockTime(own(name)))
      put(
        kind,
        {
          ...{ entryId, id: scene.attributes.get('sceneId'), startTime: start, endTime: end },
          ...{ title: own('title'), description: own('description'), subType: own('subType') },
          ...{ text: own('sceneText'), code: own('code'), question: own('question') },
          ...{ assetId: slide?.attributes.get('timedThumbAssetId'), url },
          tags: [...allElements(scene, 'tag')].map(textIn).join(','),
        },
        new Map([['optionalAnswers', [...allElements(scene, 'optionalAnswer')].map(textIn)]]),
      )
    }
  }
  return found
}

function captionOf(attributes: ReadonlyMap<string, string>): Record<string, string | undefined> {
  return { language: attributes.get('lang'), label: attributes.get('label'), url: attributes.get('href') }
}

/** `00:01:05.3` in ms; undefined: it is none. */
function clockTime(text: string): string | undefined {
  const [, hours, minutes, seconds] = /^(\d{1,3}):(\d{1,2}):(\d{1,2}(?:\.\d{1,6})?)$/.exec(text) ?? []
  if (seconds === undefined) return undefined
  return String(Math.round(((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1e6) / 1000)
}
