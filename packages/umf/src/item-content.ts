import type { Appender, Written } from './appender.ts'
import { checkItem, type Description } from './description.ts'
import { type Item, type ItemFields, withRoundedTimes } from './item.ts'
import { type MakeSha256, sha256Of, toHex } from './sha256.ts'

/**
 * What is added: fields, and content of a known length, content whose length its end tells, a few bytes that lie in the
 * index itself, or a pointer.
 */
export type NewItem = { item: ItemFields } & (
  | { content: Uint8Array }
  | { content: AsyncIterable<Uint8Array>; length?: number }
  | { inline: Uint8Array }
  | { pointer: string; length?: number; digest?: string }
)

/** Bytes of inline items, by name, until an index holds them. */
export type InlineBytes = Map<string, Uint8Array>

/**
 * Writes what is added, and says where it lies.
 *
 * @param inline takes the bytes of inline items; null where there is no index to hold them, which makes them content
 * @throws UmfError `invalid`, before a byte is written; `source`
 */
export async function appendItems(
  appender: Appender,
  news: readonly NewItem[],
  inline: InlineBytes | null,
  sha256: MakeSha256,
): Promise<Item[]> {
  for (const { item } of news) checkItem({ ...item, pointer: 'item:' })
  const written = new Map<NewItem, Written>()
  const known = news.flatMap((added) => knownContent(added, inline !== null))
  const extents = await appender.items(known)
  for (const [index, { added }] of known.entries()) written.set(added, extents[index]!)
  for (const added of news) {
    if ('content' in added && !written.has(added)) {
      written.set(added, await appender.growing(added.content as AsyncIterable<Uint8Array>))
    }
  }
  return news.map((added) => {
    const fields = withRoundedTimes(added.item)
    const place = written.get(added)
    if (place !== undefined) return checkItem({ ...fields, ...place })
    if ('inline' in added) {
      const { length } = added.inline
      inline!.set(added.item.name, added.inline.slice())
      const digest = `sha256:${toHex(sha256Of(sha256, added.inline))}`
      return checkItem({ ...fields, length, digest, inline: [0, length] })
    }
    const { pointer, length, digest } = added as Extract<NewItem, { pointer: string }>
    return checkItem({
      ...fields,
      pointer,
      ...(length !== undefined && { length }),
      ...(digest !== undefined && { digest }),
    })
  })
}

type KnownContent = { added: NewItem; content: Uint8Array | AsyncIterable<Uint8Array>; length: number }

function knownContent(added: NewItem, hasIndex: boolean): KnownContent[] {
  if ('inline' in added) {
    // E2: an empty item is one of no extents.
    const isInline = hasIndex && added.inline.length > 0
    return isInline ? [] : [{ added, content: added.inline, length: added.inline.length }]
  }
  if (!('content' in added)) return []
  if (added.content instanceof Uint8Array) return [{ added, content: added.content, length: added.content.length }]
  const { length } = added as { length?: number }
  return length === undefined ? [] : [{ added, content: added.content, length }]
}

/** The description with its inline items one after the other in a new `idat`. @param bytes of each of them */
export function layInline(
  description: Description,
  bytes: InlineBytes,
): { description: Description; idat: Uint8Array[] } {
  const idat: Uint8Array[] = []
  let at = 0
  const items = description.items.map((item): Item => {
    if (item.inline === undefined) return item
    const own = bytes.get(item.name)!
    idat.push(own)
    at += own.length
    return { ...item, inline: [at - own.length, own.length] }
  })
  return { description: { ...description, items }, idat }
}
