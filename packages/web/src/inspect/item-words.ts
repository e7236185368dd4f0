import type { Item } from '@rushes/umf'
import { formatLength } from '../figures.ts'

const everybody = 1000
const mostLetters = 200
/** Limits, and values of a limit, that are written out. */
const mostListed = 20

/** Who may read an item. */
export function readersWords({ level = everybody, limits = {} }: Pick<Item, 'level' | 'limits'>): string {
  const by = level >= everybody ? 'everybody' : level === 0 ? 'the owner' : `level ${level} or lower`
  const further = Object.entries(limits)
    .slice(0, mostListed)
    .map(([attribute, allowed]) => {
      const isList = Array.isArray(allowed) && allowed.length > 0 && allowed.every((each) => typeof each === 'string')
      return `${attribute}: ${isList ? allowed.slice(0, mostListed).join(', ') : 'nobody'}`
    })
  // Not everybody, where something more is asked of them.
  const isLimited = level >= everybody && further.length > 0
  return shortened([...(isLimited ? [] : [by]), ...further].join('; '))
}

/** `0:05–1:10`, or nothing. */
export function spanWords({ startMs, endMs }: Pick<Item, 'startMs' | 'endMs'>): string {
  if (startMs === undefined) return ''
  return endMs === undefined ? `from ${formatLength(startMs)}` : `${formatLength(startMs)}–${formatLength(endMs)}`
}

/** Where the bytes lie. */
export function placeWords({ extents, inline, pointer }: Item): string {
  if (pointer !== undefined) return 'elsewhere'
  if (inline !== undefined) return 'in the index'
  if (extents === undefined || extents.length === 0) return 'empty'
  const at = `byte ${extents[0]![0].toLocaleString('en')}`
  return extents.length === 1 ? at : `${extents.length.toLocaleString('en')} pieces, from ${at}`
}

export function shortened(text: string, most: number = mostLetters): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
