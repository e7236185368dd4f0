import { expect, it } from 'vitest'
import { newArchiveId } from '../src/archive-id.ts'
import { type ArchiveRegistry, drawArchiveId } from '../src/archive-registry.ts'

export type RegistryUnderTest = {
  registry: ArchiveRegistry
  /** The same store, as another process has it. */
  reopened: () => ArchiveRegistry
  /** Somebody who may hold one id, and holds none of those that are drawn here. */
  newHolder: () => Promise<string>
}

/** [F4] What every registry of archives keeps. */
export function archiveRegistryContract(open: () => Promise<RegistryUnderTest>): void {
  it('[F4] refuses an id the second time, and the first keeps it', async () => {
    const { registry, reopened, newHolder } = await open()
    const [id, first, second] = [newArchiveId(), await newHolder(), await newHolder()]
    expect(await registry.holder(id)).toBeNull()
    await registry.register(id, first)
    await expect(registry.register(id, second)).rejects.toMatchObject({ code: 'id-taken' })
    expect(await registry.holder(id)).toBe(first)
    await expect(reopened().register(id, second)).rejects.toMatchObject({ code: 'id-taken' })
    expect(await reopened().holder(id)).toBe(first)
    const other = newArchiveId()
    await registry.register(other, second)
    expect(await registry.holder(other)).toBe(second)
  })

  it('[F4] takes the same of the same holder as often as it is told', async () => {
    const { registry, reopened, newHolder } = await open()
    const [id, holder] = [newArchiveId(), await newHolder()]
    for (const each of [registry, registry, reopened()]) await each.register(id, holder)
    expect(await registry.holder(id)).toBe(holder)
  })

  it('[F4] gives an id to exactly one of many who want it at once', async () => {
    const { registry, reopened, newHolder } = await open()
    const id = newArchiveId()
    const holders = await Promise.all(Array.from({ length: 8 }, newHolder))
    const other = reopened()
    const ends = await Promise.allSettled(
      holders.map((holder, index) => (index % 2 === 0 ? registry : other).register(id, holder)),
    )
    const winners = holders.filter((_, index) => ends[index]!.status === 'fulfilled')
    expect(winners).toHaveLength(1)
    expect(await registry.holder(id)).toBe(winners[0])
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'id-taken' })
  })

  it('[F4] refuses what is no UUIDv7, and has none', async () => {
    const { registry, newHolder } = await open()
    const holder = await newHolder()
    for (const id of ['', 'x', '../x', newArchiveId().toUpperCase(), newArchiveId().replace(/^(.{14})7/, '$1' + '4')]) {
      await expect(registry.register(id, holder), id).rejects.toMatchObject({ code: 'invalid' })
      expect(await registry.holder(id), id).toBeNull()
    }
  })

  it('[F4] draws another id where one is taken, and gives up where all are', async () => {
    const { registry, newHolder } = await open()
    const [first, second] = [await newHolder(), await newHolder()]
    const taken = await drawArchiveId(registry, first)
    const draws = [taken, taken, newArchiveId()]
    const last = draws.at(-1)
    expect(await drawArchiveId(registry, second, () => draws.shift()!)).toBe(last)
    expect(await registry.holder(last!)).toBe(second)
    const third = await newHolder()
    await expect(drawArchiveId(registry, third, () => taken)).rejects.toMatchObject({ code: 'id-taken' })
  })
}
