import { describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../media/test/seeded-random.ts'
import type { Demand } from './admission.ts'
import { openCapacity } from './capacity.ts'
import type { FreeResources } from './resource-monitor.ts'

const giga = 1e9
function machine(free: Partial<FreeResources> = {}) {
  const resources: FreeResources = { memoryBytes: 8 * giga, cores: 2, load: 0, ioPressure: 0, ...free }
  return { resources, read: async () => ({ ...resources }) }
}
const one: Demand = { cores: 1, memoryBytes: giga }

describe('what jobs share', () => {
  it('[limits] is never overdrawn by all of them together, one task at least runs, and none waits for ever', async () => {
    const random = seededRandom(seed)
    for (let round = 0; round < 30; round++) {
      const cores = 1 + Math.floor(random() * 4)
      const capacity = openCapacity({ monitor: machine({ cores, memoryBytes: 4 * giga }) })
      const running = new Map<object, Demand>()
      let begun = 0
      const job = async (tasks: number): Promise<void> => {
        const asker = {}
        for (let task = 0; task < tasks; task++) {
          const demand = { cores: random() < 0.2 ? 2 : 1, memoryBytes: random() * 6 * giga }
          let giveBack = await capacity.enter(asker, demand)
          while (giveBack === null) {
            await capacity.changed()
            giveBack = await capacity.enter(asker, demand)
          }
          const key = {}
          running.set(key, demand)
          begun++
          const all = [...running.values()]
          const [usedCores, usedBytes] = all.reduce(([c, m], each) => [c + each.cores, m + each.memoryBytes], [0, 0])
          const label = `seed ${seed}, round ${round}: ${JSON.stringify(all)} on ${cores}`
          if (all.length > 1) expect([usedCores <= cores, usedBytes <= 4 * giga], label).toEqual([true, true])
          await new Promise((resolve) => setTimeout(resolve, random() * 3))
          running.delete(key)
          giveBack()
        }
        capacity.leave(asker)
      }
      const lengths = Array.from({ length: 5 }, () => 1 + Math.floor(random() * 6))
      await Promise.all(lengths.map(job))
      expect(begun).toBe(lengths.reduce((sum, each) => sum + each, 0))
    }
  })

  it('[fair] lets a job that runs nothing have its turn before others begin more', async () => {
    const capacity = openCapacity({ monitor: machine() })
    const [busy, late] = [{}, {}]
    const first = await capacity.enter(busy, one)
    const second = await capacity.enter(busy, one)
    expect(await capacity.enter(late, one)).toBeNull()
    second!()
    // There is room for one, and it is not for the job that has one already.
    expect(await capacity.enter(busy, one)).toBeNull()
    const its = await capacity.enter(late, one)
    expect(its).not.toBeNull()
    expect(await capacity.enter(busy, one)).toBeNull()
    its!()
    expect(await capacity.enter(busy, one)).not.toBeNull()
    first!()
  })

  it('[fair] waits for no job that has ended', async () => {
    const capacity = openCapacity({ monitor: machine({ cores: 1 }) })
    const [busy, gone] = [{}, {}]
    const giveBack = await capacity.enter(busy, one)
    expect(await capacity.enter(gone, one)).toBeNull()
    const told = capacity.changed()
    capacity.leave(gone)
    await told
    giveBack!()
    expect(await capacity.enter(busy, one)).not.toBeNull()
  })

  it('[load] counts a task that has just ended as nobody else’s work', async () => {
    const { resources, read } = machine()
    const capacity = openCapacity({ monitor: { read } })
    const job = {}
    const first = await capacity.enter(job, one)
    const second = await capacity.enter(job, one)
    await new Promise((resolve) => setTimeout(resolve, 250))
    // Both were busy in all of that time; one ends, and its place is free at once.
    resources.load = 2
    second!()
    expect(await capacity.enter(job, one)).not.toBeNull()
    // What others do beside two of ours is no place for a third, however many have ended.
    first!()
    await new Promise((resolve) => setTimeout(resolve, 250))
    resources.load = 3
    expect(await capacity.enter(job, one)).toBeNull()
  })

  it('[recording first] leaves a core and memory to what is recorded, and begins nothing where that would lack it', async () => {
    let isRecording = true
    const { resources, read } = machine({ memoryBytes: giga })
    const capacity = openCapacity({ monitor: { read }, isYielding: () => isRecording })
    const job = {}
    expect(await capacity.enter(job, one)).toBeNull()
    const small = { cores: 1, memoryBytes: giga / 10 }
    const first = await capacity.enter(job, small)
    expect(first).not.toBeNull()
    expect(await capacity.enter(job, small)).toBeNull()
    isRecording = false
    expect(await capacity.enter(job, small)).not.toBeNull()
    isRecording = true
    resources.ioPressure = 0.3
    resources.cores = 8
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(await capacity.enter(job, small)).toBeNull()
    isRecording = false
    expect(await capacity.enter(job, small)).not.toBeNull()
    first!()
  })
})
