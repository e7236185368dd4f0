// An archive is written once from front to back, opened, changed, and each time says what it was given.
import { describe, expect, it } from 'vitest'
import { joined } from '../src/box.ts'
import {
  anonymous,
  bytesSource,
  checkArchive,
  checkSignatures,
  compactArchive,
  eventsContent,
  newSigningKey,
  openArchive,
  openEditor,
  owner,
  signer,
  UmfError,
} from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { UmfWriter } from '../src/writer.ts'
import { reindexed } from './hand-made.ts'
import { MemoryFile } from './memory-file.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (content: Uint8Array) => new TextDecoder().decode(content)
const slide = (name: string, level = 1000) => ({ name, type: 'slide', contentType: 'text/plain', level })

async function* pieces(...all: string[]): AsyncGenerator<Uint8Array> {
  for (const each of all) yield bytes(each)
}

async function written(records = false): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  const writer = new UmfWriter({
    write: (piece) => void all.push(piece.slice()),
    sha256,
    metadata: { title: 'A day' },
    records,
  })
  await writer.add({ item: slide('a.txt'), content: bytes('first') }, { item: slide('empty'), content: bytes('') })
  await writer.add({ item: { ...slide('grown'), startMs: 10, endMs: 20 }, content: pieces('one ', 'two') })
  await writer.add(
    { item: slide('elsewhere'), pointer: 'https://example.org/x' },
    { item: slide('small'), inline: bytes('tiny') },
    { item: slide('secret', 0), content: bytes('hidden') },
  )
  const events = eventsContent([
    { t: 5, kind: 'chat', data: { text: 'hello' } },
    { t: 1, kind: 'slide', resource: 'secret', data: { index: 0 } },
  ])
  const fields = { name: 'events', type: 'events', contentType: 'application/vnd.umf.events+json' }
  await writer.add({ item: fields, content: events })
  await writer.extension('abcd', bytes('somebody else'))
  await writer.finish({ place: { name: 'hall' } })
  return joined(all)
}

async function contents(file: Uint8Array, names: string[]): Promise<string[]> {
  const archive = await openArchive(bytesSource(file), { sha256 })
  return await Promise.all(names.map(async (name) => text(await archive.bytes(name))))
}

describe('an archive', () => {
  it.each([false, true])(
    '[F, I, D6] is written front to back, opens, and is found intact; records: %s',
    async (records) => {
      const file = await written(records)
      const archive = await openArchive(bytesSource(file), { sha256 })
      expect(archive.metadata).toEqual({ title: 'A day', place: { name: 'hall' } })
      expect(archive.items().map(({ name }) => name)).toEqual([
        'a.txt',
        'empty',
        'grown',
        'elsewhere',
        'small',
        'secret',
        'events',
      ])
      expect(await contents(file, ['a.txt', 'empty', 'grown', 'small', 'secret'])).toEqual([
        'first',
        '',
        'one two',
        'tiny',
        'hidden',
      ])
      expect(archive.items({ fromMs: 15, toMs: 16 }).map(({ name }) => name)).toEqual(['grown'])
      expect((await checkArchive(bytesSource(file), { sha256 })).problems).toEqual([])
    },
  )

  it('[L3] does not show what a caller may not read, nor what happened to it', async () => {
    const file = await written()
    const seen = await openArchive(bytesSource(file), { sha256, caller: anonymous })
    expect(seen.items().map(({ name }) => name)).not.toContain('secret')
    expect((await seen.events()).map(({ kind }) => kind)).toEqual(['chat'])
    expect(() => seen.item('secret')).toThrow(new UmfError('not-found', 'no item "secret"'))
    expect((await seen.as(owner).events()).map(({ kind }) => kind)).toEqual(['slide', 'chat'])
  })

  it('[E3, Bounds] has no timeline of more bytes, values or events in all its items than in one', async () => {
    const eventsOf = async (content: string, times: number) => {
      const file = new MemoryFile(await written())
      const editor = await openEditor(file, sha256)
      const fields = { type: 'events', contentType: 'application/vnd.umf.events+json' }
      await editor.edit({ put: [{ item: { name: 'e0', ...fields }, content: bytes(content) }] })
      // E2: the very same bytes under many names.
      const { extents, length, digest } = editor.state.description.items.find(({ name }) => name === 'e0')!
      const shared = Array.from({ length: times - 1 }, (_, count) => {
        return { name: `e${count + 1}`, ...fields, extents: extents!, length: length!, digest: digest! }
      })
      const many = await reindexed(file.bytes, ({ items }) => void items.push(...shared))
      return await openArchive(bytesSource(many), { sha256 })
    }
    const event = '{"t":1,"kind":"x","data":0}'
    const times = 50
    expect(await (await eventsOf(`[${event}]`, times)).events()).toHaveLength(2 + times)
    const wide = `[{"t":1,"kind":"x","data":"${'x'.repeat(1_400_000)}"}]`
    const deep = `[{"t":1,"kind":"x","data":[${'1,'.repeat(100_000)}1]}]`
    const many = `[${Array(20_100).fill(event)}]`
    for (const [content, words] of [
      [wide, /bytes/],
      [deep, /values/],
      [many, /events/],
    ] as const) {
      await expect((await eventsOf(content, 1)).events()).resolves.toBeDefined()
      const archive = await eventsOf(content, times)
      await expect(archive.events()).rejects.toMatchObject({ code: 'too-large', message: expect.stringMatching(words) })
    }
  })

  it('[O4, J4] that is cut off while it was written by records reads up to its last whole item', async () => {
    const file = await written(true)
    const names = ['a.txt', 'empty', 'grown', 'elsewhere', 'small', 'secret', 'events']
    let most = 0
    for (let cut = 8192; cut < file.length; cut += 7) {
      const archive = await openArchive(bytesSource(file.subarray(0, cut)), { sha256 })
      const found = archive.items().map(({ name }) => name)
      expect(found).toEqual(names.slice(0, found.length))
      expect(found.length).toBeGreaterThanOrEqual(most)
      most = found.length
      for (const name of found) if (name !== 'elsewhere') await archive.bytes(name)
    }
    expect(most).toBe(7)
  })

  it.each(['index', 'record'] as const)(
    '[W] is changed in place by %s: put, replaced, renamed, removed, and intact each time',
    async (by) => {
      const file = new MemoryFile(await written())
      const intact = async () => expect((await checkArchive(file, { sha256 })).problems).toEqual([])
      const editor = await openEditor(file, sha256)
      await editor.edit(
        { put: [{ item: slide('new'), content: bytes('new one') }], metadata: { title: null, job: 7 } },
        { by },
      )
      await intact()
      await editor.edit({ put: [{ item: slide('a.txt'), content: bytes('second') }], remove: ['grown'] }, { by })
      await intact()
      await editor.edit({ change: [{ name: 'new', fields: { name: 'newer', level: 5 } }] }, { by })
      await editor.edit({ change: [{ name: 'small', fields: { title: 'Small' } }] }, { by })
      await intact()
      const check = async () => {
        const archive = await openArchive(file, { sha256 })
        expect(archive.metadata).toEqual({ place: { name: 'hall' }, job: 7 })
        expect(
          archive
            .items()
            .map(({ name }) => name)
            .sort(),
        ).toEqual(['a.txt', 'elsewhere', 'empty', 'events', 'newer', 'secret', 'small'])
        expect(await contents(file.bytes, ['a.txt', 'newer', 'small'])).toEqual(['second', 'new one', 'tiny'])
        expect(archive.item('newer').level).toBe(5)
      }
      await check()
      await editor.writeIndex()
      await intact()
      await check()
      await expect(editor.edit({ remove: ['grown'] })).rejects.toMatchObject({ code: 'not-found' })
      await check()
    },
  )

  it('[S] is signed by several, and a later change leaves no signature that holds', async () => {
    const file = new MemoryFile(await written(true))
    const editor = await openEditor(file, sha256)
    const keys = [await newSigningKey('ed25519'), await newSigningKey('ecdsa-p256-sha256')]
    await editor.sign([signer('Ada', keys[0]!), signer('Bo', keys[1]!)])
    await editor.sign([signer('Cy', keys[0]!)])
    const signed = await openArchive(file, { sha256 })
    expect((await checkSignatures(signed.state)).map((each) => [each.signer, each.isValid])).toEqual([
      ['Ada', true],
      ['Bo', true],
      ['Cy', true],
    ])
    expect((await checkArchive(file, { sha256 })).problems).toEqual([])
    await editor.edit({ metadata: { title: 'other' } })
    expect((await openArchive(file, { sha256 })).signatures).toEqual([])
    expect((await checkArchive(file, { sha256 })).problems).toEqual([])
  })

  it('[W6] has no byte left of what was erased', async () => {
    const file = new MemoryFile(await written(true))
    const editor = await openEditor(file, sha256)
    await editor.edit({
      put: [
        { item: slide('doomed-name'), content: bytes('doomed content') },
        { item: slide('doomed-too'), inline: bytes('doomed inline') },
      ],
    })
    await editor.edit({ put: [{ item: slide('other'), content: bytes('stays') }] }, { by: 'record' })
    expect(text(file.bytes)).toContain('doomed')
    await editor.erase(['doomed-name', 'doomed-too'])
    expect(text(file.bytes)).not.toContain('doomed')
    expect((await checkArchive(file, { sha256 })).problems).toEqual([])
    await editor.edit({ put: [{ item: slide('next'), content: bytes('goes on') }] })
    expect((await checkArchive(file, { sha256 })).problems).toEqual([])
    expect(await contents(file.bytes, ['other', 'next', 'a.txt', 'small'])).toEqual([
      'stays',
      'goes on',
      'first',
      'tiny',
    ])
  })

  it('[W7, F7] is compacted: what is used is the same, what is not is gone, what is unknown is kept', async () => {
    const file = new MemoryFile(await written())
    const editor = await openEditor(file, sha256)
    await editor.edit({ put: [{ item: slide('a.txt'), content: bytes('replaced content') }], remove: ['secret'] })
    const small = new MemoryFile()
    await compactArchive(file, editor.state, { write: (piece) => small.write(small.size, piece), sha256 })
    expect(small.size).toBeLessThan(file.size)
    expect((await checkArchive(small, { sha256 })).problems).toEqual([])
    expect(text(small.bytes)).toContain('somebody else')
    expect(text(small.bytes)).not.toContain('hidden')
    expect(await contents(small.bytes, ['a.txt', 'small'])).toEqual(['replaced content', 'tiny'])
    await (await openEditor(small, sha256)).edit({ metadata: { a: 1 } })
    expect((await checkArchive(small, { sha256 })).problems).toEqual([])
  })
})
