// SMIL as Opencast's editor and its capture agents write it.

import type { Span } from '../../timeline/kept-time.ts'
import { descendant, elementsOf, type XmlElement } from '../../xml-tree.ts'

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, min: 60_000, s: 1000, ms: 1 }

/** Clock values of SMIL 3.0 §5.4.1: `2449ms`, `2.449s`, `2.449`, `1.5h`, `0:00:02.449`, also behind `npt=`; null: none of these. */
export function smilTime(text: string | undefined): number | null {
  const given = (text ?? '').trim().replace(/^(?:smpte|npt)=/, '')
  const inMs = (value: number): number => Math.round(value * 1000) / 1000
  const [, value, unit = 's'] = /^(-?\d{1,12}(?:\.\d{1,9})?)\s*(ms|s|min|h)?$/.exec(given) ?? []
  if (value !== undefined) return inMs(Number(value) * unitMs[unit]!)
  const [, hours = '0', minutes, seconds] = /^(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d(?:\.\d{1,9})?)$/.exec(given) ?? []
  if (seconds === undefined) return null
  return inMs(((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000)
}

/** An editor's: what each `par` plays of the original media is kept, one behind the other. */
export function keptByEditor(root: XmlElement): Span[] {
  const body = descendant(root, 'body')
  const spans = elementsOf(body ?? root, 'par').flatMap((par): Span[] => {
    const [first] = elementsOf(par)
    const startMs = smilTime(first?.attributes.get('clipBegin'))
    const endMs = smilTime(first?.attributes.get('clipEnd'))
    return startMs === null || endMs === null || endMs <= startMs ? [] : [{ startMs: Math.max(0, startMs), endMs }]
  })
  const isInOrder = spans.every(({ startMs }, index) => index === 0 || startMs >= spans[index - 1]!.endMs)
  return isInOrder ? spans : []
}

export type PartialItem = {
  /** Of the `seq`, from 0: that of the presenter comes first. */
  sequence: number
  /** As it is written. */
  src: string
  /** On the recording's clock. */
  startMs: number
  lengthMs: number | null
}

/** A capture agent's (`smil/source+partial`): one `par` of two `seq`s, whose items say when they begin. */
export function partialItems(root: XmlElement): PartialItem[] {
  const body = descendant(root, 'body')
  return elementsOf(body ?? root, 'par').flatMap((par) =>
    elementsOf(par, 'seq').flatMap((seq, sequence) =>
      elementsOf(seq).flatMap(({ attributes }): PartialItem[] => {
        const src = attributes.get('src')
        const startMs = smilTime(attributes.get('begin'))
        if (src === undefined || startMs === null) return []
        return [{ sequence, src, startMs: Math.max(0, startMs), lengthMs: smilTime(attributes.get('dur')) }]
      }),
    ),
  )
}
