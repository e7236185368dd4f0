// Pictures of an archive that are shown now or next: fetched when they are wanted, let go when others are.
import type { Archive, Item } from '@rushes/umf'
import { ItemError, itemContent, mediaType } from './item-content.ts'

export type Picture = { state: 'loading' } | { state: 'ready'; url: string } | { state: 'failed'; error: ItemError }

const mostBytes = 32 * 1024 * 1024
const mostDrawingBytes = 4 * 1024 * 1024
/** Beside those that are wanted now. */
const mostKept = 8
const mostAtOnce = 2

const raster: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'image/avif',
  'image/bmp',
])

export class PictureCache {
  readonly #archive: Archive
  readonly #onChange: () => void
  readonly #onFault: (fault: unknown) => void
  /** The one that was wanted last stands last. */
  readonly #pictures = new Map<string, Picture>()
  #wanted: readonly Item[] = []
  #running = 0
  #isClosed = false

  /** @param onFault what is wrong with the archive as a whole */
  constructor(archive: Archive, onChange: () => void, onFault: (fault: unknown) => void) {
    this.#archive = archive
    this.#onChange = onChange
    this.#onFault = onFault
  }

  /** What is to be had now, the most urgent first. Who leaps over many pictures fetches none of them. */
  want(items: readonly Item[]): void {
    this.#wanted = items
    for (const { name } of items.toReversed()) {
      const picture = this.#pictures.get(name)
      if (picture === undefined) continue
      this.#pictures.delete(name)
      this.#pictures.set(name, picture)
    }
    this.#letGo()
    this.#fetchNext()
  }

  get(name: string): Picture {
    return this.#pictures.get(name) ?? { state: 'loading' }
  }

  close(): void {
    this.#isClosed = true
    this.#wanted = []
    for (const name of [...this.#pictures.keys()]) this.#drop(name)
  }

  #fetchNext(): void {
    while (this.#running < mostAtOnce) {
      const item = this.#wanted.find(({ name }) => !this.#pictures.has(name))
      if (item === undefined) return
      this.#pictures.set(item.name, { state: 'loading' })
      this.#running++
      void this.#fetch(item).finally(() => {
        this.#running--
        this.#fetchNext()
      })
    }
  }

  async #fetch(item: Item): Promise<void> {
    try {
      const url = await pictureUrl(this.#archive, item)
      if (this.#isClosed) return URL.revokeObjectURL(url)
      this.#pictures.set(item.name, { state: 'ready', url })
    } catch (fault) {
      if (this.#isClosed) return
      if (!(fault instanceof ItemError)) return this.#onFault(fault)
      this.#pictures.set(item.name, { state: 'failed', error: fault })
    }
    this.#letGo()
    this.#onChange()
  }

  #letGo(): void {
    const wanted = new Set(this.#wanted.map(({ name }) => name))
    const idle = [...this.#pictures].filter(([name, { state }]) => !wanted.has(name) && state !== 'loading')
    // Who comes back to one that could not be read asks for it again.
    for (const [name, { state }] of idle) if (state === 'failed') this.#drop(name)
    const ready = idle.filter(([, { state }]) => state === 'ready')
    for (const [name] of ready.slice(0, Math.max(0, ready.length - mostKept))) this.#drop(name)
  }

  #drop(name: string): void {
    const picture = this.#pictures.get(name)
    this.#pictures.delete(name)
    if (picture?.state === 'ready') URL.revokeObjectURL(picture.url)
  }
}

/** For an `img`, by the type that the archive declares. */
async function pictureUrl(archive: Archive, item: Item): Promise<string> {
  const type = mediaType(item)
  if (raster.has(type)) return URL.createObjectURL(new Blob([await itemContent(archive, item, mostBytes)], { type }))
  if (type !== 'image/svg+xml') throw new ItemError('format')
  // In an img no script of it runs. Who opens the picture in a tab of its own gets no blob of this page's origin, in
  // which scripts would run as the page's, but a data: URL, whose origin is nobody's (HTML §7.1.1).
  const bytes = await itemContent(archive, item, mostDrawingBytes)
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result as string)
    reader.onerror = () => reject(new ItemError('unreadable'))
    reader.readAsDataURL(new Blob([bytes], { type }))
  })
}
