// What of an archive is shown: read whole, no longer than its kind may be, and only if it is what its digest says.
import { type Archive, HttpSourceError, type Item, type UmfError } from '@rushes/umf'
import { digestOf } from './web-sha256.ts'

export type ItemErrorCode =
  | 'encrypted'
  | 'elsewhere'
  | 'module'
  | 'too-large'
  | 'damaged'
  | 'unreadable'
  | 'format'
  | 'absent'

const words: Record<ItemErrorCode, string> = {
  encrypted: 'is encrypted, and this player has no key for it',
  elsewhere: 'is kept elsewhere, and is not fetched from there',
  module: 'needs a module that this player does not run',
  'too-large': 'is larger than this player takes',
  damaged: 'is damaged: it is not what the archive says it is',
  unreadable: 'could not be read',
  format: 'is in a form that this player can’t show',
  absent: 'is not in this file',
}

/** Why one item is not shown; `message` goes on after its name. */
export class ItemError extends Error {
  readonly code: ItemErrorCode

  constructor(code: ItemErrorCode) {
    super(words[code])
    this.name = 'ItemError'
    this.code = code
  }
}

/** Of the content type without its parameters. */
export function mediaType({ contentType }: Pick<Item, 'contentType'>): string {
  return contentType.split(';')[0]!.trim().toLowerCase()
}

/**
 * All bytes of an item.
 *
 * @param most bytes
 * @throws ItemError. @throws HttpSourceError where the file as a whole is another one now
 */
export async function itemContent(archive: Archive, item: Item, most: number): Promise<Uint8Array<ArrayBuffer>> {
  if (item.encryption !== undefined) throw new ItemError('encrypted')
  if (item.requires?.some(({ for: purpose }) => purpose !== 'track')) throw new ItemError('module')
  if (item.pointer !== undefined) throw new ItemError('elsewhere')
  if ((item.length ?? 0) > most) throw new ItemError('too-large')
  const bytes = await archive.bytes(item.name, most).catch((fault: UmfError) => {
    if (fault instanceof HttpSourceError && fault.failure === 'changed') throw fault
    throw new ItemError('unreadable')
  })
  const copy = bytes as Uint8Array<ArrayBuffer>
  if ((await digestOf(copy)) !== item.digest) throw new ItemError('damaged')
  return copy
}
