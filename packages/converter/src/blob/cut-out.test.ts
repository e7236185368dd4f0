import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FoundFile } from '../input/found-file.ts'
import { cutOut } from './cut-out.ts'

const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
const count = 300
let folder: string
let blob: FoundFile
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-cut-'))
  const path = join(folder, 'blob')
  const bytes = Buffer.concat([Buffer.from([1, 2, 3, 0]), ...Array.from({ length: count }, () => gif)])
  await writeFile(path, bytes)
  blob = { name: 'a/blob', path, size: bytes.length, kind: 'application/octet-stream', origin: { offset: 1000 } }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const cut = async (mostFiles: number, signal = new AbortController().signal) =>
  await cutOut(blob, { folder: await mkdtemp(join(folder, 'out-')), mostFiles, signal })

describe('what is cut out of a file', () => {
  it('is copied byte for byte, in its order, with the place where it lay', async () => {
    const { files, index, notes } = await cut(1000)
    expect([files.length, index.resources.length, notes]).toEqual([count, count, []])
    expect(index.left).toEqual([{ offset: 0, length: 4 }])
    for (const [at, { name, path, size, kind, piece, origin, depth }] of files.entries()) {
      const offset = 4 + at * gif.length
      expect((await readFile(path)).equals(gif)).toBe(true)
      expect(name).toBe(index.resources[at]!.name)
      expect({ size, kind, depth }).toEqual({ size: gif.length, kind: 'image/gif', depth: 1 })
      expect({ piece, origin }).toEqual({
        piece: { of: 'a/blob', offset, length: gif.length },
        origin: { offset: 1000 + offset, length: gif.length },
      })
    }
  })

  it('is no more than there is room for, which is said; the index has all of it', async () => {
    const { files, index, notes } = await cut(20)
    expect([files.length, index.resources.length]).toEqual([20, count])
    expect(files.at(-1)!.piece!.offset).toBe(4 + 19 * gif.length)
    expect(notes.map(({ code }) => code)).toEqual(['too-many'])
  })

  it('ends with the reason when nobody waits for it', async () => {
    const abort = new AbortController()
    abort.abort(new Error('enough'))
    await expect(cut(1000, abort.signal)).rejects.toThrow('enough')
  })

  it('fails where a copy fails', async () => {
    const options = { folder: join(folder, 'nowhere'), mostFiles: 1000, signal: new AbortController().signal }
    await expect(cutOut(blob, options)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
