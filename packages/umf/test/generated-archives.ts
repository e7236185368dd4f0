/**
 * Archives as varied as the format allows, made by writer and editor from a seed: for whatever reads the format and must
 * read all of it. What an archive is about follows from its number, so that any hundred of them have everything; the rest
 * is drawn.
 */
import { readFile } from 'node:fs/promises'
import { openBodyIndex } from '../../media/src/index.ts'
import { laidOut } from '../../media/test/index-trace.ts'
import { madeByFfmpeg } from '../../media/test/made-media.ts'
import { seededRandom } from '../../media/test/seeded-random.ts'
import { encodeAnchor, head, SLOTS } from '../src/anchor.ts'
import { idBytes } from '../src/archive-id.ts'
import { joined } from '../src/box.ts'
import { compactArchive } from '../src/compaction.ts'
import { type Edit, type Editor, openEditor, type Signer } from '../src/editor.ts'
import type { ItemFields } from '../src/item.ts'
import type { NewItem } from '../src/item-content.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { newSigningKey, signer } from '../src/signing.ts'
import { openState } from '../src/state.ts'
import { EVENTS_TYPE, eventsContent } from '../src/timeline.ts'
import { UmfWriter } from '../src/writer.ts'
import { after, MemoryFile } from './memory-file.ts'

export type GeneratedArchive = {
  name: string
  bytes: Uint8Array
  /** What was done to it, in order. */
  story: readonly string[]
  /** A crash left it as it is: it need not be intact. */
  isTorn: boolean
  /** Else it reads by its records alone, and was not finished. */
  hasIndex: boolean
}

/** `count` archives; the same ones for the same seed, but for what signatures draw. */
export async function* generatedArchives(seed: number, count: number): AsyncGenerator<GeneratedArchive> {
  const shared = await sharedParts()
  for (let number = 0; number < count; number++) {
    yield await new Generator(seededRandom(seed + number), number, shared).archive()
  }
}

/** Every `every`-th archive has it, from the `first` on. */
const isOne = (number: number, every: number, first: number): boolean => number % every === first

class Generator {
  readonly #random: () => number
  readonly #number: number
  readonly #shared: SharedParts
  readonly #story: string[] = []
  #names = 0

  constructor(random: () => number, number: number, shared: SharedParts) {
    this.#random = random
    this.#number = number
    this.#shared = shared
  }

  async archive(): Promise<GeneratedArchive> {
    const number = this.#number
    let file = isOne(number, 20, 7) ? this.#bareHead() : await this.#written()
    const isBare = file.size === 8192
    for (let edits = isBare ? 1 : this.#below(5); edits > 0; edits--) await this.#edit(file)
    if (isOne(number, 7, 3)) await this.#erase(file)
    if (isOne(number, 8, 5)) file = await this.#compacted(file)
    if (isOne(number, 6, 2)) await this.#sign(file)
    if (isOne(number, 10, 8)) await this.#edit(file)
    const isTorn = isOne(number, 9, 4)
    if (isTorn) file = await this.#torn(file)
    return {
      name: `${String(number).padStart(4, '0')}.umf`,
      bytes: file.bytes,
      story: this.#story,
      isTorn,
      hasIndex: await hasIndex(file),
    }
  }

  #bareHead(): MemoryFile {
    this.#story.push('a head alone')
    return new MemoryFile(head(idBytes(this.#id())))
  }

  /** Written from front to back: with or without records, and an index. */
  async #written(): Promise<MemoryFile> {
    const number = this.#number
    const records = isOne(number, 4, 1) || isOne(number, 4, 2)
    const isFinished = !isOne(number, 8, 1)
    const pieces: Uint8Array[] = []
    const writer = new UmfWriter({
      write: (bytes) => void pieces.push(bytes.slice()),
      sha256,
      id: this.#id(),
      metadata: this.#metadata(),
      records,
    })
    this.#story.push(`written${records ? ' by records' : ''}${isFinished ? '' : ', without an index'}`)
    const presented = this.#shared.presentations[number % 15]
    if (presented !== undefined) await this.#present(writer, presented)
    const additions = isOne(number, 20, 0) ? 0 : this.#between(isFinished ? 0 : 1, 3)
    for (let left = additions; left > 0; left--) {
      if (this.#chance(0.3)) await this.#extend(writer)
      await writer.add(...Array.from({ length: this.#between(1, 4) }, () => this.#newItem()))
    }
    if (isOne(number, 25, 11)) await writer.add(this.#growingItem())
    if (isFinished) await writer.finish(this.#chance(0.5) ? { finished: true } : {})
    const file = new MemoryFile(joined(pieces))
    if (isFinished && this.#chance(0.5)) {
      this.#story.push('its slot filled')
      await file.write(this.#pick(SLOTS), encodeAnchor(writer.anchor, sha256))
    }
    return file
  }

  async #present(writer: UmfWriter, { type, contentType, body }: MadeBody): Promise<void> {
    const index = openBodyIndex()
    index.push(body)
    index.finish()
    const view = index.mp4View(head(idBytes(writer.id)))
    if (view.state !== 'ready') throw new Error(`no MP4 of ${contentType}: ${view.reason}`)
    const whole = laidOut(view.layout, body)
    const samplesAt = whole.length - body.length
    const { durationMs } = index
    const fields = { name: `recording.${this.#number}`, type, contentType, durationMs, ...this.#access() }
    await writer.media(fields, whole.subarray(8192, samplesAt), whole.subarray(samplesAt))
    this.#story.push(`${type} as its main presentation`)
  }

  async #extend(writer: UmfWriter): Promise<void> {
    await writer.extension(this.#pick(['abcd', 'uuid', 'x y ']), this.#bytes(16 + this.#below(200)))
    this.#story.push('an extension box')
  }

  async #edit(file: MemoryFile): Promise<void> {
    const editor = await openEditor(file, sha256)
    const { edit, by } = this.#anyEdit(editor)
    await editor.edit(edit, { by })
    const isIndexed = this.#chance(0.1)
    if (isIndexed) await editor.writeIndex()
    const what = Object.keys(edit).join(', ')
    this.#story.push(`edited by ${by}: ${what}${isIndexed ? ', indexed' : ''}`)
  }

  #anyEdit(editor: Editor): { edit: Edit; by: 'index' | 'record' } {
    const { description } = editor.state
    const names = this.#shuffled(description.items.map(({ name }) => name))
    const put = Array.from({ length: this.#below(3) }, () => this.#newItem())
    if (this.#chance(0.3) && names.length > 0) put.push(this.#newItem(names.pop()!))
    if (isOne(this.#number, 25, 12) && this.#chance(0.5)) put.push(this.#growingItem())
    const change: { name: string; fields: Record<string, unknown> }[] = []
    if (this.#chance(0.4) && names.length > 0) change.push({ name: names.pop()!, fields: this.#newFields() })
    const remove = this.#chance(0.4) ? names.splice(0, this.#between(1, 2)) : []
    return {
      edit: {
        put,
        change,
        remove,
        ...(this.#chance(0.3) && { metadata: { ...this.#metadata(), title: null, edited: this.#below(1000) } }),
        ...(description.presentation &&
          this.#chance(0.3) && { presentation: { title: this.#text(), ...this.#access() } }),
      },
      by: this.#chance(0.5) ? 'record' : 'index',
    }
  }

  #newFields(): Record<string, unknown> {
    return this.#pick([
      () => ({ name: this.#name() }),
      () => ({ title: this.#text(), level: this.#below(2000) }),
      () => ({ name: this.#name(), limits: null, startMs: 5, endMs: 5.125 }),
    ])()
  }

  async #erase(file: MemoryFile): Promise<void> {
    const editor = await openEditor(file, sha256)
    const names = this.#shuffled(editor.state.description.items.map(({ name }) => name)).slice(0, 2)
    await editor.erase(names)
    this.#story.push(`${names.length} items erased`)
  }

  async #sign(file: MemoryFile): Promise<void> {
    const editor = await openEditor(file, sha256)
    const { signers } = this.#shared
    await editor.sign(this.#chance(0.5) ? signers : [this.#pick(signers)])
    this.#story.push('signed')
    if (this.#chance(0.3)) await editor.sign([this.#pick(signers)])
  }

  async #compacted(file: MemoryFile): Promise<MemoryFile> {
    const { state } = await openEditor(file, sha256)
    const pieces: Uint8Array[] = []
    await compactArchive(file, state, { write: (bytes) => void pieces.push(bytes.slice()), sha256 })
    this.#story.push('compacted')
    return new MemoryFile(joined(pieces))
  }

  /** What a crash leaves at any byte of any change. */
  async #torn(file: MemoryFile): Promise<MemoryFile> {
    const during = new MemoryFile(file.bytes)
    const change = this.#pick(['edit', 'edit', 'erase', 'sign'] as const)
    await { edit: () => this.#edit(during), erase: () => this.#erase(during), sign: () => this.#sign(during) }[change]()
    const whole = this.#below(during.operations.length)
    const bytes = during.operations.slice(0, whole).reduce(after, file.bytes)
    const next = during.operations[whole]
    this.#story.push(`a crash after ${whole} of ${during.operations.length} operations`)
    if (next?.kind !== 'write') return new MemoryFile(bytes)
    const part = next.bytes.subarray(0, this.#below(next.bytes.length + 1))
    return new MemoryFile(after(bytes, { ...next, bytes: part }))
  }

  #newItem(name: string = this.#name()): NewItem {
    const item = this.#fields(name)
    const content = this.#bytes(this.#pick([0, 1, this.#below(100), this.#below(5000)]))
    return this.#pick<() => NewItem>([
      () => ({ item, content }),
      () => ({ item, content }),
      () => ({ item, content: piecesOf(content), length: content.length }),
      () => ({ item, content: piecesOf(content) }),
      () => ({ item, inline: content.subarray(0, 300) }),
      () => ({ item, pointer: this.#pointer(), ...(this.#chance(0.5) && { length: this.#below(1e9) }) }),
      () => ({ item, pointer: this.#pointer(), digest: `sha256:${'0123456789abcdef'.repeat(4)}` }),
      () => ({ item: { ...item, type: 'events', contentType: EVENTS_TYPE }, content: this.#events() }),
    ])()
  }

  /** Of several extents: longer than what is kept before an extent is written. */
  #growingItem(): NewItem {
    this.#story.push('an item of several extents')
    const item = this.#fields(this.#name())
    return { item, content: piecesOf(this.#bytes(2_200_000 + this.#below(300_000)), 300_000) }
  }

  #fields(name: string): ItemFields {
    const startMs = Math.round(this.#random() * 1e9) / 1000
    return {
      name,
      type: this.#pick(['slide', 'image', 'document', 'transcript', 'chat', 'notes', 'code', 'data', 'x-own-type']),
      contentType: this.#pick(['text/plain; charset=utf-8', 'image/png', 'application/vnd.own+json', 'text/vtt']),
      ...this.#access(),
      ...(this.#chance(0.3) && { startMs, ...(this.#chance(0.7) && { endMs: startMs + this.#below(5000) }) }),
      ...(this.#chance(0.3) && { title: this.#text(), language: this.#pick(['de', 'en-GB', 'zh-Hant']) }),
      ...(this.#chance(0.2) && { metadata: this.#metadata() }),
      ...(this.#chance(0.1) && {
        extensions: [{ name: 'org.example.own', data: Buffer.from(this.#text()).toString('base64') }],
      }),
      ...(this.#chance(0.1) && { requires: [{ for: 'show', module: 'https://example.org/show.js' }] }),
      ...(this.#chance(0.1) && { encryption: { module: 'urn:umf:aes-256-gcm', nonce: 'AAECAwQFBg==' } }),
      ...(this.#chance(0.1) && { from: { items: ['gone', 'slides/1'], by: 'thumbnail' } }),
      // I5: what is not known here is kept.
      ...(this.#chance(0.1) && { 'org.example.unknown': { deep: [1, [2.5, null, { '': true }]] } }),
    } as ItemFields
  }

  #access(): { level?: number; limits?: Record<string, unknown> } {
    return {
      ...(this.#chance(0.4) && { level: this.#pick([0, 1, 500, 999, 1000, 5000]) }),
      ...(this.#chance(0.3) && { limits: this.#pick([{ group: ['staff', 'press'] }, { department: [] }, { odd: 5 }]) }),
    }
  }

  #metadata(): Record<string, unknown> {
    return {
      ...(this.#chance(0.7) && { title: this.#text() }),
      ...(this.#chance(0.4) && { authors: [{ name: this.#text(), role: 'speaker' }], created: '2026-03-04T05:06:07Z' }),
      ...(this.#chance(0.4) && { place: { name: this.#text(), latitude: 48.2 + this.#random(), longitude: -0.5 } }),
      ...(this.#chance(0.3) && { notes: [{ severity: 'info', code: 'n', message: this.#text() }], timeTakenMs: 12.5 }),
      ...(this.#chance(0.2) && { billing: { order: String(this.#below(1e9)) }, ' ': { '💶': [true, false, []] } }),
    }
  }

  #events(): Uint8Array {
    const times = Array.from({ length: this.#below(20) }, () => this.#random() * 1e6)
    return eventsContent(times.map((t) => ({ t, kind: 'chat', data: { text: this.#text() } })))
  }

  #pointer(): string {
    return this.#pick([
      'https://example.org/a%20b?c=d#e',
      'http://media.example.org/x.mp4',
      'umf://01900000-0000-7000-8000-000000000000/slides%2F1',
      'beside/the archive.txt',
    ])
  }

  /** E1: of all kinds, each once. */
  #name(): string {
    const own = this.#names++
    return this.#pick([
      `item ${own}.txt`,
      `slides/${own}.png`,
      `Übersicht ${own}`.normalize('NFC'),
      `図/スライド-${own}`,
      `🎬${own}/שלום`,
      `${own}${'é'.repeat(120)}`,
      `${own}`.padStart(255, 'x'),
      `a'b"c<d>&${own}%00`,
    ])
  }

  #text(): string {
    return this.#pick(['A day', 'Größe "x" \\ /', '日本語のタイトル', '🎉\u2028\u0000\t end', '', 'مرحبا', 'e\u0301'])
  }

  #id(): string {
    const digits = Array.from({ length: 18 }, () => this.#below(16).toString(16)).join('')
    return `0190${digits.slice(0, 4)}-${digits.slice(4, 8)}-7${digits.slice(8, 11)}-8${digits.slice(11, 14)}-${digits.slice(14)}00000000`
  }

  #bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    // Long contents repeat: what they are does not matter, drawing each byte takes time.
    for (let at = 0; at < Math.min(length, 4096); at++) bytes[at] = this.#below(256)
    for (let at = 4096; at < length; at += 4096) bytes.copyWithin(at, 0, Math.min(4096, length - at))
    return bytes
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #between(least: number, most: number): number {
    return least + this.#below(most - least + 1)
  }

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[this.#below(values.length)]!
  }

  #shuffled<Value>(values: readonly Value[]): Value[] {
    return values
      .map((value) => ({ value, key: this.#random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ value }) => value)
  }
}

async function hasIndex(file: MemoryFile): Promise<boolean> {
  return (await openState(file, sha256)).anchor !== null
}

type MadeBody = { type: 'video' | 'audio'; contentType: string; body: Uint8Array }

type SharedParts = {
  /** By the rest of an archive's number; most have none. */
  presentations: readonly (MadeBody | undefined)[]
  signers: readonly Signer[]
}

/** What takes long to make. */
async function sharedParts(): Promise<SharedParts> {
  const exact = ['-fflags', '+bitexact', '-flags', '+bitexact']
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=5', '-t', '1']
  const sound = ['-f', 'lavfi', '-i', 'sine=440:r=48000', '-t', '1']
  const fragments = ['-c:v', 'libx264', '-g', '3', '-movflags', '+frag_keyframe+empty_moov+default_base_moof']
  const [mp4, webm] = await Promise.all([
    madeByFfmpeg('mp4', [...exact, ...picture, ...fragments]),
    madeByFfmpeg('webm', [...exact, ...sound, '-c:a', 'libopus', '-b:a', '16k']),
  ])
  const video: MadeBody = { type: 'video', contentType: 'video/mp4', body: await readFile(mp4) }
  const audio: MadeBody = { type: 'audio', contentType: 'audio/mp4', body: await readFile(webm) }
  const now = () => new Date('2026-01-02T03:04:05.678Z')
  const signers = [
    signer('Ada Lovelace', await newSigningKey('ed25519'), now),
    signer('山田 太郎', await newSigningKey('ecdsa-p256-sha256'), now),
  ]
  return { presentations: [undefined, video, undefined, undefined, audio, video], signers }
}

async function* piecesOf(content: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}
