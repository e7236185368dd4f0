// What every place that keeps jobs has to keep: [order] [durable] [whole] [torn] [bounded] [one writer] [resumed].
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../media/test/seeded-random.ts'
import { type JobOptions, type JobResult, runJob } from '../src/job.ts'
import type { JobEntry } from '../src/job-entry.ts'
import type { Journal, JournalLimits } from '../src/journal.ts'
import type { Rule } from '../src/ruleset.ts'
import { countBatches, numberedBatch } from './numbered-batches.ts'

export type JournalPlace = {
  /** Claims it, as another process would. */
  open(limits?: JournalLimits): Promise<Journal>
  /** Arguments to Node: a program that opens it and appends numbered batches. */
  readonly writer: readonly string[]
  /** What the machine's end in the middle of appending `next` may leave behind what was acknowledged; closes the journal. */
  tear(journal: Journal, next: readonly JobEntry[], random: () => number): Promise<void>
}

const children: ChildProcess[] = []

export function journalContract(name: string, newPlace: () => Promise<JournalPlace>): void {
  describe(`a journal in ${name}`, () => {
    let place: JournalPlace
    beforeEach(async () => {
      place = await newPlace()
    })
    afterAll(() => {
      for (const child of children.splice(0)) child.kill('SIGKILL')
    })

    const kept = async (): Promise<number> => {
      const journal = await opened(place)
      const count = countBatches(await journal.read())
      await journal.close()
      return count
    }

    it('[order] has what was appended, in its order, whoever opens it', async () => {
      let count = 0
      for (let round = 0; round < 4; round++) {
        const journal = await place.open()
        expect(countBatches(await journal.read())).toBe(count)
        for (let index = 0; index < 5; index++) await journal.append(numberedBatch(count++))
        await journal.close()
      }
      expect(await kept()).toBe(count)
    })

    it('[order] is read before it is written', async () => {
      const journal = await place.open()
      await expect(journal.append(numberedBatch(0))).rejects.toThrow('read before it is written')
      await journal.close()
    })

    it('[durable] [whole] has every batch that settled, and no half of one, after kill -9 of its process', async () => {
      const random = seededRandom(seed)
      let least = 0
      for (let round = 0; round < 3; round++) {
        const settled = await killedAfter(place, 1 + Math.floor(random() * 40))
        const count = await kept()
        expect(count, `seed ${seed}, round ${round}`).toBeGreaterThanOrEqual(Math.max(settled, least))
        // One may have become durable without having been said so.
        expect(count, `seed ${seed}, round ${round}`).toBeLessThanOrEqual(settled + 1)
        least = count
      }
    })

    it('[torn] has what settled, and takes more, after the end of the machine in the middle of an append', async () => {
      const random = seededRandom(seed)
      let count = 0
      for (let round = 0; round < 4; round++) {
        const journal = await opened(place)
        const found = countBatches(await journal.read())
        expect(found, `seed ${seed}, round ${round}`).toBeGreaterThanOrEqual(count)
        await journal.append(numberedBatch(found))
        count = found + 1
        await place.tear(journal, numberedBatch(count), random)
      }
      expect(await kept()).toBeGreaterThanOrEqual(count)
    })

    it('[bounded] refuses what is too large, keeps nothing of it, and goes on', async () => {
      const small = (number: number) => numberedBatch(number)
      const size = (entries: readonly JobEntry[]) => Buffer.byteLength(JSON.stringify(entries))
      const limits = { batchBytes: 20_000, totalBytes: 60_000 }
      const journal = await place.open(limits)
      await journal.read()
      const long = Array.from({ length: 21 }, () => 'x'.repeat(1000))
      const large = [...small(0), { ...small(0)[0]!, takes: long }] as JobEntry[]
      await expect(journal.append(large)).rejects.toMatchObject({ code: 'journal-full' })
      const unreadable = [...small(0), { ...small(0)[0]!, takes: ['x'.repeat(1001)] }] as JobEntry[]
      await expect(journal.append(unreadable)).rejects.toMatchObject({ code: 'entry-refused' })
      let count = 0
      let used = 0
      // What frames a batch may count as well.
      for (; used + size(small(count)) + 50 * (count + 1) <= limits.totalBytes; count++) {
        await journal.append(small(count))
        used += size(small(count))
      }
      const refused = (async () => {
        for (let more = 0; more < 10; more++, count++) await journal.append(small(count))
      })()
      await expect(refused).rejects.toMatchObject({ code: 'journal-full' })
      await journal.close()
      expect(await kept()).toBe(count)
    })

    it('[one writer] refuses a second one while the first is there, and says who that is', async () => {
      const first = await place.open()
      await first.read()
      for (let round = 0; round < 2; round++) {
        const second = expect(place.open()).rejects
        await second.toMatchObject({ code: 'job-running', message: expect.stringContaining(String(process.pid)) })
        await first.append(numberedBatch(round))
      }
      await first.close()
      expect(await kept()).toBe(2)
    })

    it('[one writer] of many that come at once lets one in at a time, however it goes', async () => {
      const { child, lines } = started(place)
      const [line] = (await once(lines, 'line')) as [string]
      await expect(place.open()).rejects.toMatchObject({
        code: 'job-running',
        message: expect.stringContaining(String(child.pid)),
      })
      child.kill('SIGKILL')
      await once(child, 'exit')
      let inside = 0
      let entered = 0
      const contenders = Array.from({ length: 5 }, async () => {
        const journal = await opened(place)
        inside++
        entered++
        expect(inside).toBe(1)
        const count = countBatches(await journal.read())
        expect(count).toBeGreaterThanOrEqual(Number(line))
        await journal.append(numberedBatch(count))
        inside--
        await journal.close()
      })
      await Promise.all(contenders)
      expect(entered).toBe(5)
    })

    it('[resumed] a job that is cut off at any append ends with the same, and nothing answered is done twice', async () => {
      const whole = await cutOff(await newPlace(), Number.POSITIVE_INFINITY, false)
      const random = seededRandom(seed)
      for (let round = 0; round < 8; round++) {
        const isDurable = round % 2 === 0
        const at = round < 2 ? round : Math.floor(random() * whole.appends)
        const again = await cutOff(await newPlace(), at, isDurable)
        const label = `seed ${seed}, cut off at append ${at}, which was ${isDurable ? '' : 'not '}durable`
        expect(again.names, label).toEqual(whole.names)
        expect(again.doneTwice, label).toEqual([])
      }
    })
  })
}

/** A lease runs out only after a moment. */
async function opened(place: JournalPlace, limits?: JournalLimits): Promise<Journal> {
  for (let waited = 0; ; waited += 20) {
    try {
      return await place.open(limits)
    } catch (error) {
      const { code } = error as { code?: unknown }
      const mayPass = code === 'job-running' || code === 'database-unavailable'
      if (!mayPass || waited > 50_000) throw error
      await sleep(20)
    }
  }
}

function started({ writer }: JournalPlace): { child: ChildProcess; lines: ReturnType<typeof createInterface> } {
  const child = spawn(process.execPath, [...writer], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return { child, lines: createInterface({ input: child.stdout! }) }
}

/** The number of batches that had settled when the process was killed. */
async function killedAfter(place: JournalPlace, batches: number): Promise<number> {
  const { child, lines } = started(place)
  let seen = 0
  let settled = 0
  lines.on('line', (line) => {
    settled = Number(line)
    if (++seen === batches) child.kill('SIGKILL')
  })
  await once(lines, 'close')
  expect(child.killed).toBe(true)
  return settled
}

const rules: Rule[] = [
  { name: 'unpack', each: 'zip', gives: ['deck'], candidates: [{ processor: 'make', seconds: 1, memoryBytes: 0 }] },
  { name: 'pages', each: 'deck', gives: ['page'], candidates: [{ processor: 'make', seconds: 1, memoryBytes: 0 }] },
  {
    name: 'collate',
    all: ['page'],
    gives: ['archive'],
    candidates: [{ processor: 'make', seconds: 1, memoryBytes: 0 }],
  },
]
const gives: Record<string, [kind: string, count: number]> = {
  unpack: ['deck', 3],
  pages: ['page', 1],
  collate: ['archive', 1],
}

class CutOff extends Error {}

/** Runs a job, with the process going away at one of its appends, and once more to its end. */
async function cutOff(
  place: JournalPlace,
  at: number,
  isDurable: boolean,
): Promise<{ names: string[]; doneTwice: string[]; appends: number }> {
  const answered = new Set<string>()
  const doneTwice: string[] = []
  let appends = 0
  const run = async (cutAt: number): Promise<JobResult> => {
    const journal = await opened(place)
    const cut: Journal = {
      ...journal,
      async append(entries) {
        const isCut = appends++ === cutAt
        if (!isCut || isDurable) {
          await journal.append(entries)
          for (const entry of entries) if (entry.type === 'answered') answered.add(entry.task)
        }
        if (isCut) throw new CutOff()
      },
    }
    const make: JobOptions['processors'][number] = {
      name: 'make',
      async run({ task, rule, takes }) {
        if (answered.has(task)) doneTwice.push(task)
        const [kind, count] = gives[rule]!
        const of = takes.map(({ name }) => name).sort()
        const names = Array.from({ length: count }, (_, index) => `${rule}(${of.join('+')})${index}`)
        return { severity: 'info', gave: names.map((name) => ({ name, kind, data: null })) }
      },
    }
    const monitor = { read: async () => ({ memoryBytes: 1e9, cores: 2, load: 0, ioPressure: 0 }) }
    const inputs = ['a'].map((name) => ({ name, kind: 'zip', data: null }))
    try {
      return await runJob({ ruleset: rules, processors: [make], journal: cut, inputs, wants: ['archive'], monitor })
    } finally {
      await journal.close()
    }
  }
  const first = await run(at).catch((error: unknown) => {
    if (error instanceof CutOff) return null
    throw error
  })
  const result = first ?? (await run(Number.POSITIVE_INFINITY))
  return { names: result.resources.map(({ name }) => name), doneTwice, appends }
}
