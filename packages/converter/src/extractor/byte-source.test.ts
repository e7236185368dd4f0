import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ByteSource, fileSource, memorySource, sliceSource, streamSource } from './byte-source.ts'
import { indexResources } from './index-resources.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-source-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const json = Buffer.from(JSON.stringify({ name: 'a resource between others', values: [1, 2, 3] }))
const bytes = Buffer.concat([Buffer.alloc(3_000_001), json, Buffer.alloc(70_000), json, Buffer.alloc(5)])

async function extents(source: ByteSource): Promise<[number, number][]> {
  const all: [number, number][] = []
  for await (const { start, end } of indexResources(source)) all.push([start, end])
  return all
}

describe('sources of bytes', () => {
  const wanted = [
    [3_000_001, 3_000_001 + json.length],
    [3_070_001 + json.length, 3_070_001 + 2 * json.length],
  ]

  it('give the same index from memory, a file, a slice and a stream in pieces of any size', async () => {
    expect(await extents(memorySource(bytes))).toEqual(wanted)
    expect(
      await extents(
        sliceSource(memorySource(Buffer.concat([json, bytes, json])), json.length, json.length + bytes.length),
      ),
    ).toEqual(wanted)
    const file = await open(join(folder, 'bytes'), 'w+')
    await file.write(bytes)
    expect(await extents(fileSource(file, bytes.length))).toEqual(wanted)
    await file.close()
    for (const piece of [1_000_003, 65_536, 777]) {
      const spool = await open(join(folder, `spool-${piece}`), 'w+')
      const source = streamSource(pieces(piece), spool)
      expect(source.size).toBeNull()
      expect(await extents(source)).toEqual(wanted)
      expect(source.size).toBe(bytes.length)
      await spool.close()
    }
  })

  it('take no more of a stream than was asked for', async () => {
    const spool = await open(join(folder, 'short'), 'w+')
    let taken = 0
    const source = streamSource(
      pieces(1000, (count) => (taken = count)),
      spool,
    )
    await source.read(0, new Uint8Array(2500))
    expect(taken).toBe(3)
    await spool.close()
  })
})

async function* pieces(size: number, tell: (count: number) => void = () => {}): AsyncGenerator<Uint8Array> {
  let count = 0
  for (let at = 0; at < bytes.length; at += size) {
    tell(++count)
    yield bytes.subarray(at, at + size)
  }
}
