import { allElements, descendant, elementsOf, textIn, type XmlElement } from '../../xml-tree.ts'

export type PackageElement = {
  kind: 'track' | 'catalog' | 'attachment'
  id: string
  /** `presenter/source`. */
  flavor: string
  /** `track:track-1`, `track:x;time=T00:00:10:0F25`. */
  ref: string
  contentType: string
  url: string
  tags: string[]
  /** MD5, lower-case hex. */
  md5: string | null
}

export type MediaPackage = {
  id: string
  start: string
  /** As it is stated, which is often wrong. */
  durationMs: number | null
  title: string
  series: string
  creators: string[]
  contributors: string[]
  language: string
  license: string
  elements: PackageElement[]
}

/** Of an attachment that has the events of the archive that the package was made of, as the universal media format lists them. */
export const EVENTS_FLAVOR = 'rushes/events'

const kinds = ['track', 'catalog', 'attachment'] as const

/** Prefixes vary, and children of a prefixed root may have none: only local names tell. */
export function readMediaPackage(root: XmlElement): MediaPackage {
  const text = (...path: string[]): string => textIn(descendant(root, ...path))
  const list = (all: string, one: string): string[] => {
    const found = descendant(root, all)
    return found === null
      ? []
      : elementsOf(found, one)
          .map(textIn)
          .filter((each) => each !== '')
  }
  return {
    ...{ id: root.attributes.get('id') ?? '', start: root.attributes.get('start') ?? '' },
    ...{ title: text('title'), series: text('seriestitle'), language: text('language'), license: text('license') },
    ...{ creators: list('creators', 'creator'), contributors: list('contributors', 'contributor') },
    durationMs: positive(root.attributes.get('duration')),
    elements: kinds.flatMap((kind) => [...allElements(root, kind)].map((element) => elementOf(kind, element))),
  }
}

function positive(text: string | undefined): number | null {
  const value = Number(text?.trim() || Number.NaN)
  return value > 0 && value < 1e11 ? value : null
}

function elementOf(kind: PackageElement['kind'], element: XmlElement): PackageElement {
  const text = (name: string): string => textIn(descendant(element, name))
  const checksum = descendant(element, 'checksum')
  const isMd5 = checksum !== null && checksum.attributes.get('type')?.toLowerCase() === 'md5'
  const tags = descendant(element, 'tags')
  return {
    ...{ kind, id: element.attributes.get('id') ?? '', flavor: element.attributes.get('type') ?? '' },
    ...{ ref: element.attributes.get('ref') ?? '', contentType: text('mimetype'), url: text('url') },
    tags: tags === null ? [] : elementsOf(tags, 'tag').map(textIn),
    md5: isMd5 && /^[0-9a-f]{32}$/i.test(textIn(checksum)) ? textIn(checksum).toLowerCase() : null,
  }
}
