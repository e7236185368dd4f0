// SPEC.md, D6: whether every byte of a file is what it was.
import { ANCHOR_BYTES, type Anchor, decodeAnchor, FOOTER_BYTES, footer, readFooter, readHead, SLOTS } from './anchor.ts'
import { HEAD_BYTES, readBoxHeader, walkBoxes } from './box.ts'
import { hashOf, hashOfZeros, indexHash } from './cover.ts'
import { type Description, parseDescription } from './description.ts'
import { readIndexPayload, repeatsDescription } from './index-box.ts'
import type { Item } from './item.ts'
import { checkPlaces } from './places.ts'
import { type MakeSha256, sameBytes, sha256Of, toHex } from './sha256.ts'
import { readSignature } from './signature-box.ts'
import { readThrough, type Source } from './source.ts'
import { type ArchiveState, openState } from './state.ts'
import { UmfError } from './umf-error.ts'

/** Something that is not as it should be: in an item, the main presentation, or a structure of the file. */
export type Problem = { code: ProblemCode; message: string; offset: number; item?: string }

export type ProblemCode =
  | 'head' // ftyp, umfh or the zeros in it
  | 'slot' // neither empty nor whole
  | 'index' // it is not what its anchor says, or its parts contradict each other
  | 'footer' // missing, or not the current anchor
  | 'signature' // a box of signatures is altered
  | 'structure' // headers and boxes
  | 'media' // of the main presentation
  | 'item' // content of an item
  | 'dead' // bytes that nothing uses any more
  | 'erasure' // bytes that should be zero
  | 'cover' // bytes that no digest covers, or two do
  | 'tail' // bytes after the end of the archive

export type CheckOptions = {
  sha256: MakeSha256
  /** Bytes that were read through, of how many. */
  onProgress?: (done: number, total: number) => void
}

/** `items` counts the presentation as well. */
export type CheckResult = { ok: boolean; problems: Problem[]; bytes: number; items: number }

/** More are not listed; one is enough not to trust a file. */
const MOST_PROBLEMS = 1000

/** Reads every byte of a file once. @throws UmfError `not-umf`; `source`: it could not be read */
export async function checkArchive(source: Source, options: CheckOptions): Promise<CheckResult> {
  const check = new Check(source, options)
  await check.run()
  const problems = check.problems.sort((left, right) => left.offset - right.offset)
  return { ok: problems.length === 0, problems, bytes: source.size, items: check.items }
}

/** A run of bytes that has a digest, or that proves itself (digest null). */
type Region = {
  offset: number
  length: number
  digest: string | null
  code: ProblemCode
  item?: string
  isIndex?: boolean
}

class Check {
  readonly problems: Problem[] = []
  items = 0
  readonly #source: Source
  readonly #sha256: MakeSha256
  readonly #onProgress: (done: number, total: number) => void
  #done = 0

  constructor(source: Source, { sha256, onProgress = () => {} }: CheckOptions) {
    this.#source = source
    this.#sha256 = sha256
    this.#onProgress = onProgress
  }

  async run(): Promise<void> {
    const anchors = await this.#head()
    const state = await this.#state()
    if (state === null) return
    const { items, presentation } = state.description
    this.items = items.length + (presentation === undefined ? 0 : 1)
    for (const anchor of anchors) {
      if (anchor.generation <= state.generation && anchor.end <= this.#source.size) continue
      this.#say(
        'index',
        anchor.indexOffset,
        `the index of generation ${anchor.generation} is damaged or cut off; generation ${state.generation} is read`,
      )
      await this.#inlineOf(anchor)
    }
    const { anchor, end } = state
    if (anchor !== null) {
      if (!(await this.#isFooter(anchor)))
        this.#say('footer', anchor.end - FOOTER_BYTES, 'the footer is not the current anchor')
      await this.#index(state, anchor)
      await this.#afterIndex(anchor)
    } else this.#say('footer', end, 'the archive has no index: it was not finished, or is cut off')
    if (end < this.#source.size)
      this.#say('tail', end, `${this.#source.size - end} bytes follow the end of the archive`)
    await this.#boxes(state)
    this.#extents(state.description)
    await this.#regions(state)
    await this.#inline(state)
  }

  /** F2, F3. @returns the whole anchors of the slots, and of a footer at the end */
  async #head(): Promise<Anchor[]> {
    if (this.#source.size < HEAD_BYTES) throw new UmfError('not-umf', 'no universal media file: it is too short', 0)
    const bytes = await this.#source.read(0, HEAD_BYTES)
    let id: Uint8Array
    try {
      id = readHead(bytes).id
    } catch (fault) {
      // Whoever hands a file that never was an archive wants another answer than whoever has a damaged one.
      if (!(await this.#seemsArchive(bytes))) throw fault
      this.#say('head', 0, (fault as UmfError).message)
      return []
    }
    const ftyp = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    const stray = firstStray(bytes, ftyp + 8 + 24)
    if (stray !== null) this.#say('head', stray, 'a byte of the head that must be zero is not')
    const slots = SLOTS.flatMap((place, index) => {
      const slot = bytes.subarray(place, place + ANCHOR_BYTES)
      if (slot.every((byte) => byte === 0)) return []
      const anchor = decodeAnchor(slot, this.#sha256)
      if (anchor !== null && sameBytes(anchor.id, id)) return [anchor]
      this.#say('slot', place, `slot ${index === 0 ? 'A' : 'B'} is damaged`)
      return []
    })
    const last = readFooter(await this.#source.read(this.#source.size - FOOTER_BYTES, FOOTER_BYTES), this.#sha256)
    return last !== null && sameBytes(last.id, id) ? [...slots, last] : slots
  }

  async #seemsArchive(head: Uint8Array): Promise<boolean> {
    const tail = await this.#source.read(this.#source.size - FOOTER_BYTES, FOOTER_BYTES)
    if (readFooter(tail, this.#sha256) !== null) return true
    return SLOTS.some((slot) => decodeAnchor(head.subarray(slot, slot + ANCHOR_BYTES), this.#sha256) !== null)
  }

  async #state(): Promise<ArchiveState | null> {
    try {
      return await openState(this.#source, this.#sha256)
    } catch (fault) {
      if (!(fault instanceof UmfError) || fault.code === 'source') throw fault
      if (fault.code !== 'not-umf') this.#say('index', fault.offset ?? 0, fault.message)
      return null
    }
  }

  async #isFooter(anchor: Anchor): Promise<boolean> {
    const bytes = await this.#source.read(anchor.end - FOOTER_BYTES, FOOTER_BYTES)
    return sameBytes(bytes, footer(anchor, this.#sha256))
  }

  /** I1, I3, A3; that the id in the head is that of the anchor. */
  async #index({ id, description, records }: ArchiveState, { indexOffset, indexSize }: Anchor): Promise<void> {
    const bytes = await this.#source.read(indexOffset, indexSize)
    const header = readBoxHeader(bytes.subarray(0, 16), indexOffset, indexOffset + indexSize)
    if (header === null || !['meta', 'umfi'].includes(header.type))
      this.#say('index', indexOffset, 'the index box is of another type')
    const payload = bytes.subarray(8)
    const parts = readIndexPayload(payload, indexOffset)
    // Where records have changed the state since, what the index says of itself counts.
    const own = records.length === 0 ? description : parseDescription(parts.description, indexOffset)
    if (!repeatsDescription(parts, payload, own)) {
      this.#say('index', indexOffset, 'iinf and iloc are not what the description asks for')
    }
    const head = await this.#source.read(0, HEAD_BYTES)
    const ftyp = new DataView(head.buffer, head.byteOffset).getUint32(0)
    if (ftyp < 1025 && !sameBytes(head.subarray(ftyp + 16, ftyp + 32), id))
      this.#say('head', ftyp + 16, 'the id in the head is that of another archive')
  }

  /** D5. */
  async #afterIndex({ indexOffset, indexSize, end, id }: Anchor): Promise<void> {
    let at = indexOffset + indexSize
    for await (const { type, offset, size } of walkBoxes(this.#source, at, end)) {
      const bytes = await this.#source.read(offset, Math.min(size, 1_048_576))
      if (type === 'umff') {
        const anchor = readFooter(bytes, this.#sha256)
        if (anchor === null || !sameBytes(anchor.id, id) || anchor.end !== offset + size)
          this.#say('footer', offset, 'a footer is damaged')
      } else if (type !== 'umfs')
        this.#say('structure', offset, `a box ${JSON.stringify(type)} where only signatures and footers can be`)
      else if (readSignature(bytes.subarray(8), this.#sha256) === null)
        this.#say('signature', offset, 'a signature is damaged')
      at = offset + size
    }
    if (at !== end) this.#say('structure', at, 'a box after the index is cut')
  }

  /** F1, F5, F6. */
  async #boxes({ description: { cover, items }, anchor, end }: ArchiveState): Promise<void> {
    const indexes = new Set(cover.filter(([, , kind]) => kind === 'index').map(([offset]) => offset))
    const data: [from: number, to: number][] = []
    let at = 0
    try {
      for await (const { type, offset, size, headerSize } of walkBoxes(this.#source, 0, end)) {
        at = offset + size
        if (type === 'mdat') data.push([offset + headerSize, at])
        if (type === 'meta' && offset !== anchor?.indexOffset && !indexes.has(offset))
          this.#say('structure', offset, 'a box "meta" that is not the index')
      }
    } catch (fault) {
      if (!(fault instanceof UmfError) || fault.code !== 'too-large') throw fault
      this.#say('structure', at, fault.message)
      return
    }
    if (at !== end) this.#say('structure', at, 'a box is not whole, or of a size that none can have')
    const isData = ([offset, length]: readonly [number, number]) => {
      const [from, to] = data[lastAtOrBefore(data, offset)] ?? [0, 0]
      return from <= offset && offset + length <= to
    }
    for (const { name, extents = [] } of items) {
      const stray = extents.find((extent) => !isData(extent))
      if (stray !== undefined) this.#say('cover', stray[0], `bytes of ${name} lie in no "mdat"`, name)
    }
  }

  /** E2, D2: items share all of their extents or none, and each of several extents has its own digest. */
  #extents({ items, cover }: Description): void {
    const lengths = new Map(cover.map(([offset, length]) => [offset, length]))
    const lists = new Map<string, Item>()
    for (const item of items) if (item.extents?.length) lists.set(JSON.stringify(item.extents), item)
    const all = [...lists.values()].flatMap(({ name, extents = [] }) =>
      extents.map(([offset, length]) => ({ name, offset, length, isPart: extents.length > 1 })),
    )
    let end = 0
    for (const { name, offset, length, isPart } of all.sort((left, right) => left.offset - right.offset)) {
      if (offset < end) this.#say('cover', offset, `${name} overlaps another item, or itself`, name)
      if (isPart && lengths.get(offset) !== length)
        this.#say('cover', offset, `an extent of ${name} has no digest of its own`, name)
      end = Math.max(end, offset + length)
    }
  }

  /** D1 to D4. */
  async #regions(state: ArchiveState): Promise<void> {
    const regions = regionsOf(state)
    let at = 0
    for (const region of regions) {
      // What lies across another is not read: a few bytes of a file could ask for all of it, any number of times.
      const isApart = region.offset >= at
      if (region.offset > at) this.#say('cover', at, `${region.offset - at} bytes that no digest covers`)
      if (!isApart) this.#say('cover', region.offset, 'bytes that two digests cover', region.item)
      at = Math.max(at, region.offset + region.length)
      if (isApart) await this.#region(region)
    }
    if (at < state.end) this.#say('cover', at, `${state.end - at} bytes that no digest covers`)
    await this.#shared(state.description.items)
  }

  async #region({ offset, length, digest, code, item, isIndex }: Region): Promise<void> {
    if (digest !== null && offset + length <= this.#source.size) {
      const found = isIndex
        ? await indexHash(this.#source, offset, length, this.#sha256)
        : await hashOf(this.#source, offset, length, this.#sha256)
      // D3: what is to be zero is so even if its digest says something else.
      const isErased = code !== 'erasure' || digest === hashOfZeros(length, this.#sha256)
      if (found !== digest || !isErased)
        this.#say(code, offset, await this.#damageWords(code, offset, length, item), item)
      if (
        isIndex &&
        !['free', 'meta', 'umfi'].includes(String.fromCharCode(...(await this.#source.read(offset + 4, 4))))
      ) {
        this.#say('structure', offset, 'a replaced index is of another type')
      }
    }
    this.#done += length
    this.#onProgress(Math.min(this.#done, this.#source.size), this.#source.size)
  }

  async #damageWords(code: ProblemCode, offset: number, length: number, item: string | undefined): Promise<string> {
    if (code === 'erasure') return `${length} bytes were to be erased, and are not`
    if (item !== undefined) return `the content of ${item} is damaged`
    if (code === 'dead') return 'bytes that nothing uses any more were altered'
    const header = readBoxHeader(await this.#source.read(offset, Math.min(16, length)), offset, this.#source.size)
    return `${header === null ? 'a structure' : `the structure that begins with box ${JSON.stringify(header.type)}`} of ${length} bytes is damaged`
  }

  /** E2: who shares one extent shares all, and has the same digest. Several extents have one together, of their order too. */
  async #shared(items: readonly Item[]): Promise<void> {
    const digests = new Map<number, string>()
    for (const { name, extents = [], digest = '', pointer, inline } of items) {
      if (pointer !== undefined || inline !== undefined) continue
      const [first] = extents
      if (first === undefined) {
        if (digest !== (await this.#joinedDigest([]))) this.#say('item', 0, `the content of ${name} is damaged`, name)
        continue
      }
      const known = digests.get(first[0]) ?? (extents.length === 1 ? digest : await this.#joinedDigest(extents))
      digests.set(first[0], known)
      if (known !== digest) this.#say('item', first[0], `the content of ${name} is damaged`, name)
    }
  }

  async #joinedDigest(extents: readonly (readonly [number, number])[]): Promise<string> {
    const hash = this.#sha256()
    for (const [offset, length] of extents) {
      for await (const piece of readThrough(this.#source, offset, length)) hash.update(piece)
    }
    return `sha256:${toHex(hash.digest())}`
  }

  async #inline({ description, idat }: Pick<ArchiveState, 'description' | 'idat'>): Promise<void> {
    for (const { name, inline, digest } of description.items) {
      if (inline === undefined || inline[0] + inline[1] > idat.length) continue
      const bytes = await this.#source.read(idat.at + inline[0], inline[1])
      if (`sha256:${toHex(sha256Of(this.#sha256, bytes))}` === digest) continue
      this.#say('item', idat.at + inline[0], `the content of ${name} is damaged`, name)
    }
  }

  /** Of a damaged index the description may be whole, and tell which inline item it is. */
  async #inlineOf({ indexOffset, indexSize }: Anchor): Promise<void> {
    if (indexOffset + indexSize > this.#source.size) return
    const payload = (await this.#source.read(indexOffset, indexSize)).subarray(8)
    try {
      const { description, idat } = readIndexPayload(payload, indexOffset + 8)
      const read = parseDescription(description, indexOffset)
      checkPlaces(read, indexOffset, idat.length)
      await this.#inline({ description: read, idat: { ...idat, at: indexOffset + 8 + idat.at } })
    } catch (fault) {
      if (!(fault instanceof UmfError)) throw fault
    }
  }

  #say(code: ProblemCode, offset: number, message: string, item?: string): void {
    if (this.problems.length === MOST_PROBLEMS) return
    const isTold = this.problems.some((each) => each.code === code && each.offset === offset && each.item === item)
    if (!isTold) this.problems.push({ code, message, offset, ...(item !== undefined && { item }) })
  }
}

/** F3: of the head, what is neither a field nor a slot is zero. @param from end of the fields */
function firstStray(head: Uint8Array, from: number): number | null {
  let at = from
  for (const slot of [...SLOTS, HEAD_BYTES]) {
    for (; at < slot; at++) if (head[at] !== 0) return at
    at = slot + ANCHOR_BYTES
  }
  return null
}

/** Every byte of the state, by the digest that covers it; sorted. */
function regionsOf({ description, anchor, records }: ArchiveState): Region[] {
  const regions: Region[] = [{ offset: 2048, length: HEAD_BYTES - 2048, digest: null, code: 'slot' }]
  const owners = ownersOf(description)
  for (const [offset, length, kind, digest] of description.cover) {
    const code = (
      {
        structure: 'structure',
        media: 'media',
        item: 'item',
        index: 'structure',
        free: 'dead',
        erased: 'erasure',
      } as const
    )[kind]
    const item = kind === 'media' ? description.presentation?.name : owners.get(offset)
    regions.push({ offset, length, digest, code, ...(item !== undefined && { item }), isIndex: kind === 'index' })
  }
  const seen = new Set<number>()
  for (const { name, extents = [], digest } of description.items) {
    const [only] = extents
    // E2: extents may be shared.
    if (extents.length !== 1 || only === undefined || seen.has(only[0])) continue
    seen.add(only[0])
    regions.push({
      offset: only[0],
      length: only[1],
      digest: digest!.slice('sha256:'.length),
      code: 'item',
      item: name,
    })
  }
  if (anchor !== null)
    regions.push({ offset: anchor.indexOffset, length: anchor.end - anchor.indexOffset, digest: null, code: 'index' })
  for (const { offset, size } of records) regions.push({ offset, length: size, digest: null, code: 'structure' })
  return regions.sort((left, right) => left.offset - right.offset)
}

/** Index of the last run that begins at or before `offset`; -1 where none does. */
function lastAtOrBefore(runs: readonly (readonly [from: number, to: number])[], offset: number): number {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (runs[middle]![0] <= offset) low = middle + 1
    else high = middle
  }
  return low - 1
}

function ownersOf({ items }: Description): Map<number, string> {
  const owners = new Map<number, string>()
  for (const { name, extents = [] } of items) for (const [offset] of extents) owners.set(offset, name)
  return owners
}
