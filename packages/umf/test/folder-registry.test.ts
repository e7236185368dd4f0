import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newArchiveId } from '../src/archive-id.ts'
import { withOrigin } from '../src/archive-registry.ts'
import { folderRegistry } from '../src/folder-registry.ts'
import { archiveRegistryContract } from './archive-registry-contract.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-registry-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a folder as registry', () => {
  let count = 0
  archiveRegistryContract(async () => {
    const own = join(folder, 'made', 'when needed', String(count++))
    return {
      registry: folderRegistry(own),
      reopened: () => folderRegistry(own),
      newHolder: async () => `/talks/${count++} – ü.umf`,
    }
  })

  it('leaves nothing behind but the ids', async () => {
    const own = join(folder, 'tidy')
    const ids = [newArchiveId(), newArchiveId()]
    const registry = folderRegistry(own)
    for (const id of ids) await registry.register(id, 'a')
    await expect(registry.register(ids[0]!, 'b')).rejects.toMatchObject({ code: 'id-taken' })
    expect(readdirSync(own).sort()).toEqual(ids.sort())
  })

  it('says so where it can be no folder, and refuses what is no holder', async () => {
    const path = join(folder, 'a file')
    writeFileSync(path, '')
    await expect(folderRegistry(path).register(newArchiveId(), 'a')).rejects.toMatchObject({ code: 'source' })
    for (const holder of ['', 'x'.repeat(4097), 'a\0b', '\ud800'])
      await expect(folderRegistry(folder).register(newArchiveId(), holder)).rejects.toMatchObject({ code: 'invalid' })
  })
})

it('[M1] keeps all that was said of where a copy is from, and adds to it', () => {
  const origin = { id: newArchiveId(), generation: 3, by: 'x' }
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.option(fc.jsonValue()), (metadata, from) => {
      const before = from === null ? metadata : { ...metadata, from }
      const { from: after, ...rest } = withOrigin(before, origin) as { from: unknown[] } & Record<string, unknown>
      const { from: known, ...others } = before as Record<string, unknown>
      expect(rest).toEqual(others)
      expect(after.at(-1)).toEqual(origin)
      expect(after.slice(0, -1)).toEqual(known === undefined ? [] : Array.isArray(known) ? known : [known])
    }),
  )
})
