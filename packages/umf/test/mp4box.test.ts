// I3: a program that knows ISO files, and nothing of this format, finds the items by `iinf` and `iloc`.
import { createFile, type ISOFile, Log, MP4BoxBuffer } from 'mp4box'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { runSeed } from '../../media/test/seeded-random.ts'
import { parseDescription } from '../src/description.ts'
import { bytesSource, type Item, openArchive } from '../src/index.ts'
import { readIndexPayload } from '../src/index-box.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { generatedArchives } from './generated-archives.ts'

const ARCHIVES = 60

type Listed = { id: number; name: string; contentType: string; encoding: string; offset: number; content: Uint8Array }

/** That it does not know a type, or that there are several of one: the types of this format, and of extensions. */
const strangers = /^(Unknown (UUID )?box type: '|Found multiple boxes of type )(umf.|abcd|x y |[0-9a-f]{32})('| but)/

/** What else it logs. */
const complaints: string[] = []
beforeAll(() => {
  Log.setLogLevel(Log.warn)
  const keep = (...words: unknown[]) => {
    if (!strangers.test(String(words[2]))) complaints.push(words.slice(1).join(' '))
  }
  vi.spyOn(console, 'warn').mockImplementation(keep)
  vi.spyOn(console, 'error').mockImplementation(keep)
})
beforeEach(() => void complaints.splice(0))
afterAll(() => {
  Log.setLogLevel(Log.error)
  vi.restoreAllMocks()
})

function opened(bytes: Uint8Array): ISOFile {
  const file = createFile(true)
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(bytes.slice().buffer as ArrayBuffer, 0), true)
  file.flush()
  return file
}

function listedBy(file: ISOFile): Listed[] {
  return file.items.flatMap(({ id, type, name, content_type, content_encoding, extents = [] }): Listed[] => {
    expect(type).toBe('mime')
    expect(extents).toHaveLength(1)
    const content = file.getItem(id!)!.data!
    return [
      {
        id: id!,
        // It takes each byte of a text for a character.
        name: Buffer.from(name!, 'latin1').toString(),
        contentType: content_type!,
        encoding: content_encoding!,
        offset: extents[0]!.offset,
        content: new Uint8Array(content),
      },
    ]
  })
}

/** Items of the index, which is all that others see: records are ours alone. */
async function ours(bytes: Uint8Array): Promise<Listed[]> {
  const { state } = await openArchive(bytesSource(bytes), { sha256 })
  if (state.anchor === null) return []
  const { indexOffset, indexSize } = state.anchor
  const parts = readIndexPayload(bytes.subarray(indexOffset + 8, indexOffset + indexSize), indexOffset)
  const { items } = parseDescription(parts.description, indexOffset)
  return items.flatMap((item, index) => {
    const place = placeOf(item, indexOffset + 8 + parts.idat.at)
    if (place === null) return []
    const [offset, length] = place
    const { name, contentType } = item
    return [{ id: index + 1, name, contentType, encoding: '', offset, content: bytes.slice(offset, offset + length) }]
  })
}

function placeOf({ inline, extents = [] }: Item, idat: number): readonly [number, number] | null {
  if (inline !== undefined) return [idat + inline[0], inline[1]]
  return extents.length === 1 ? extents[0]! : null
}

describe(`mp4box.js (seed ${runSeed})`, () => {
  it('[I1, I3, F7] lists and extracts the items of an index, under their names, without a warning', async () => {
    let items = 0
    let films = 0
    for await (const { name, bytes, story, isTorn } of generatedArchives(runSeed, ARCHIVES)) {
      if (isTorn) continue
      const file = opened(bytes)
      const told = `${name}: ${story.join('; ')}`
      const listed = listedBy(file)
      expect(listed, told).toEqual(await ours(bytes))
      expect(complaints, told).toEqual([])
      items += listed.length
      if (story.some((deed) => deed.endsWith('as its main presentation'))) {
        films++
        expect(file.getInfo().tracks, told).toHaveLength(1)
      }
    }
    expect(items).toBeGreaterThan(ARCHIVES)
    expect(films).toBeGreaterThan(4)
  })
})
