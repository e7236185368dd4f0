import { describe, expect, it } from 'vitest'
import { joined } from '../src/box.ts'
import {
  anonymous,
  bytesSource,
  itemPointer,
  type NewItem,
  openArchive,
  owner,
  type PointerStore,
  parsePointer,
  resolvedContent,
  UmfError,
  UmfWriter,
} from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const ids = ['01920000-0000-7000-8000-000000000001', '01920000-0000-7000-8000-000000000002'] as const
const item = (name: string, level = 1000) => ({ name, type: 'data', contentType: 'text/plain', level })

async function archiveOf(id: string, ...news: NewItem[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  const writer = new UmfWriter({ write: (piece) => void pieces.push(piece.slice()), sha256, id })
  await writer.add(...news)
  await writer.finish()
  return joined(pieces)
}

const other = await archiveOf(
  ids[1],
  { item: item('plain name/ü.txt'), content: bytes('from afar') },
  { item: item('hidden', 0), content: bytes('not for all') },
  { item: item('back'), pointer: itemPointer(ids[0], 'circle') },
)
const first = await archiveOf(
  ids[0],
  { item: item('far'), pointer: itemPointer(ids[1], 'plain name/ü.txt') },
  { item: item('to-hidden'), pointer: itemPointer(ids[1], 'hidden') },
  { item: item('circle'), pointer: itemPointer(ids[1], 'back') },
  { item: item('beside'), pointer: 'folder/file.txt', digest: `sha256:${'0'.repeat(64)}` },
  { item: item('web'), pointer: 'https://example.org/a' },
  ...Array.from({ length: 12 }, (_, step) => ({
    item: item(`step${step}`),
    pointer: itemPointer(ids[0], `step${step + 1}`),
  })),
)

const asked: string[] = []
const store: PointerStore = {
  async archive(id) {
    asked.push(id)
    if (id === ids[0]) return bytesSource(first)
    if (id === ids[1]) return bytesSource(other)
    throw new UmfError('pointer', 'no such archive')
  },
  async url(url) {
    asked.push(url.href)
    return bytesSource(bytes('of the web'))
  },
  async file(path) {
    asked.push(path)
    return bytesSource(bytes('beside'))
  },
}

async function read(name: string, caller = owner): Promise<string> {
  const archive = await openArchive(bytesSource(first), { sha256, caller })
  const pieces: Uint8Array[] = []
  for await (const piece of resolvedContent(archive, name, { store, sha256 })) pieces.push(piece)
  return new TextDecoder().decode(joined(pieces))
}

describe('a pointer', () => {
  it('[P1, P2] leads to items of other archives, to URLs, to files beside', async () => {
    expect(await read('far')).toBe('from afar')
    expect(await read('web')).toBe('of the web')
    expect(asked).toEqual([ids[1], 'https://example.org/a'])
  })

  it('[P3] is checked by its digest; leads in no circle, and not on for ever', async () => {
    await expect(read('beside')).rejects.toMatchObject({ code: 'malformed' })
    await expect(read('circle')).rejects.toMatchObject({ code: 'pointer', message: /leads back/ })
    await expect(read('step0')).rejects.toMatchObject({ code: 'pointer', message: /more than 8/ })
  })

  it('[P4] opens nothing that its caller may not read where it leads to', async () => {
    expect(await read('to-hidden')).toBe('not for all')
    await expect(read('to-hidden', anonymous)).rejects.toMatchObject({ code: 'not-found' })
  })

  it.each([
    '../up',
    '/etc/passwd',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'a\\b',
    'umf://x/y',
    `umf://${ids[0]}/..%2Fup`,
    `umf://${ids[0]}/%zz`,
    'https://user:word@example.org/',
    'http://',
    'ftp://example.org/x',
    'data:text/plain,x',
    'HTTPS:/example.org',
  ])('[P1] %s is none', (text) => {
    expect(() => parsePointer(text)).toThrow(expect.objectContaining({ code: 'pointer' }))
  })
})
