// What would be an archive that nobody opens, or nobody can prove, is refused before it is committed.
import { describe, expect, it } from 'vitest'
import { head } from '../src/anchor.ts'
import { idBytes, newArchiveId } from '../src/archive-id.ts'
import { walkBoxes } from '../src/box.ts'
import { bytesSource, checkArchive, type Edit, openArchive, openEditor, UmfWriter } from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { MemoryFile } from './memory-file.ts'

const fields = (name: string) => ({ name, type: 'notes', contentType: 'text/plain' })
const content = new Uint8Array([1, 2, 3])
const samples = new Uint8Array(8)
const put = (...names: string[]): Edit => ({ put: names.map((name) => ({ item: fields(name), content })) })
const film = { name: 'film', type: 'video', contentType: 'video/mp4', durationMs: 5 } as const

async function written(records: boolean): Promise<MemoryFile> {
  const file = new MemoryFile()
  const writer = new UmfWriter({ write: (bytes) => file.write(file.size, bytes), sha256, records })
  await writer.media({ ...film, durationMs: 1 / 3 }, new Uint8Array([0, 0, 0, 16, 0x6d, 0x64, 0x61, 0x74]), samples)
  await writer.add({ item: fields('a'), content }, { item: { ...fields('b'), startMs: 2 / 3 }, content })
  await writer.add({ item: fields('c'), inline: content }, { item: fields('empty'), inline: new Uint8Array(0) })
  if (!records) await writer.finish()
  return file
}
function nested(depth: number): unknown {
  return depth === 0 ? null : [nested(depth - 1)]
}

const edits: Record<string, [code: string, edit: Edit]> = {
  '[E1] two items of one name': ['name-taken', put('new', 'new')],
  '[E1] an item beside one renamed to it': [
    'name-taken',
    { ...put('new'), change: [{ name: 'a', fields: { name: 'new' } }] },
  ],
  '[E1] two items renamed to one name': [
    'name-taken',
    {
      change: [
        { name: 'a', fields: { name: 'x' } },
        { name: 'b', fields: { name: 'x' } },
      ],
    },
  ],
  '[E1] an item of the name of the presentation': ['name-taken', put('film')],
  '[E1] the presentation renamed to an item': ['name-taken', { presentation: { name: 'b' } }],
  '[E4] a presentation that is broken': ['invalid', { presentation: { title: 5 } }],
  '[E4] a presentation of another length': ['invalid', { presentation: { length: 8192 } }],
  '[I2] metadata that is nested too deep': ['too-large', { metadata: { deep: nested(70) } }],
}

describe('an edit', () => {
  describe.each(['index', 'record'] as const)('by %s', (by) => {
    it.each(Object.entries(edits))('%s is refused, and the file is as before', async (_, [code, edit]) => {
      const file = await written(false)
      const before = file.bytes
      const editor = await openEditor(file, sha256)
      const mended = file.bytes
      await expect(editor.edit(edit, { by })).rejects.toMatchObject({ code })
      expect(file.bytes).toEqual(mended)
      expect(file.size).toBe(before.length)
      await editor.edit(put('next'), { by })
      expect((await checkArchive(file, { sha256 })).problems).toEqual([])
    })
  })

  it('[E4] cannot give an archive a presentation that it has not', async () => {
    const file = new MemoryFile(head(idBytes(newArchiveId())))
    const editor = await openEditor(file, sha256)
    await expect(editor.edit({ presentation: film })).rejects.toMatchObject({ code: 'not-found' })
    expect(file.size).toBe(8192)
  })
})

describe('what is written', () => {
  it.each([false, true])(
    'rounds times to 3 decimals, and has no empty inline item (E2); records: %s',
    async (records) => {
      const archive = await openArchive(await written(records), { sha256 })
      expect(archive.presentation?.durationMs).toBe(0.333)
      expect(archive.item('b').startMs).toBe(0.667)
      expect(archive.item('empty')).toMatchObject({ length: 0, extents: [] })
    },
  )

  it('[J3, J4, D6] by records has nothing against it at the end of each record but that it has no index', async () => {
    const { bytes } = await written(true)
    const generations: number[] = []
    for await (const { type, offset, size } of walkBoxes(bytesSource(bytes), 0, bytes.length)) {
      if (type !== 'umfj') continue
      const cut = bytesSource(bytes.subarray(0, offset + size))
      expect((await checkArchive(cut, { sha256 })).problems).toMatchObject([{ code: 'footer', offset: cut.size }])
      generations.push((await openArchive(cut, { sha256 })).generation)
    }
    expect(generations).toEqual([1, 2, 3])
  })

  it('[F7] has no extension of type uuid without its 16 bytes', async () => {
    const writer = new UmfWriter({ write: () => {}, sha256 })
    await expect(writer.extension('uuid', new Uint8Array(15))).rejects.toMatchObject({ code: 'invalid' })
  })
})
