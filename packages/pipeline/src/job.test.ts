import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../media/test/seeded-random.ts'
import { openFileJournal } from './file-journal.ts'
import { type JobOptions, type JobResult, runJob } from './job.ts'
import type { JobState } from './job-state.ts'
import { matchesPattern } from './kind-pattern.ts'
import type { Answer, Processor } from './processor.ts'
import type { Note, Resource } from './resource.ts'
import type { ResourceMonitor } from './resource-monitor.ts'
import type { Rule } from './ruleset.ts'

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-pipeline-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const newPath = () => join(folder, `journal-${files++}`)
const candidate = (processor: string, more: object = {}) => ({ processor, seconds: 1, memoryBytes: 1000, ...more })
const resource = (name: string, kind: string): Resource => ({ name, kind, data: null })
const warning = (message: string): Note => ({ severity: 'warning', code: 'test', message })
const roomy: ResourceMonitor = {
  read: async () => ({ memoryBytes: 1e9, cores: 4, load: 0, ioPressure: 0 }),
}

function processor(name: string, run: Processor['run']): Processor {
  return { name, run }
}

/** Names what it gives after what it takes, so that every order of tasks gives the same. */
function making(name: string, kind: string, notes: Note[] = []): Processor {
  return processor(name, async ({ takes, rule }) => {
    const names = takes.map((each) => each.name).sort()
    return { severity: 'info', gave: [resource(`${rule}(${names.join('+')})`, kind)], notes }
  })
}

async function run(path: string, options: Omit<JobOptions, 'journal'>): Promise<JobResult> {
  const journal = await openFileJournal(path)
  try {
    return await runJob({ monitor: roomy, ...options, journal })
  } finally {
    await journal.close()
  }
}

const names = ({ resources }: JobResult) => resources.map(({ name }) => name).sort()

describe('a job', () => {
  const rules: Rule[] = [
    { name: 'unpack', each: 'zip', gives: ['zip', 'deck', 'sound'], candidates: [candidate('unzip')] },
    { name: 'pages', each: 'deck', gives: ['page'], candidates: [candidate('office')] },
    { name: 'words', each: 'sound', gives: ['transcript'], candidates: [candidate('speech')] },
    { name: 'align', each: 'transcript', all: ['page'], gives: ['timed'], candidates: [candidate('aligner')] },
    { name: 'collate', all: ['page', 'timed', 'sound'], gives: ['archive'], candidates: [candidate('collator')] },
    { name: 'picture', each: 'page', gives: ['thumbnail'], candidates: [candidate('thumbnails')] },
  ]
  const unzip = processor('unzip', async ({ takes: [{ name } = resource('', '')] }) => {
    const gave = [resource(`${name}/deck`, 'deck'), resource(`${name}/sound`, 'sound')]
    return { severity: 'info', gave: name.length < 3 ? [...gave, resource(`${name}z`, 'zip')] : gave }
  })
  const processors = [
    unzip,
    making('office', 'page'),
    making('speech', 'transcript'),
    making('aligner', 'timed'),
    making('collator', 'archive'),
    making('thumbnails', 'thumbnail'),
  ]
  const given = { ruleset: rules, processors, inputs: [resource('a', 'zip')], wants: ['archive'] }

  it('does only what leads to what is wanted, and all of that once', async () => {
    const result = await run(newPath(), given)
    expect(result.outcome).toBe('done')
    const pages = ['a', 'az', 'azz'].map((zip) => `pages(${zip}/deck)`)
    const sounds = ['a', 'az', 'azz'].map((zip) => `${zip}/sound`)
    // What is aligned waits for every page of every nested zip; what is collated for all of that.
    const timed = sounds.map((sound) => `align(${[`words(${sound})`, ...pages].sort().join('+')})`)
    expect(names(result)).toEqual([`collate(${[...pages, ...sounds, ...timed].sort().join('+')})`])
    expect(result.tasks.filter(({ rule }) => rule === 'picture')).toEqual([])
    expect(result.tasks.map(({ state }) => state)).toEqual(Array(3 + 3 + 3 + 3 + 1).fill('done'))
  })

  it('that is cut off after any byte of its journal ends with the same', async () => {
    const path = newPath()
    const whole = await run(path, given)
    const bytes = await readFile(path)
    const random = seededRandom(seed)
    const ends = [...bytes.keys()].filter((at) => bytes[at] === 0x0a).map((at) => at + 1)
    const some = ends.filter(() => random() < 0.5)
    const cuts = [0, 1, ...some, ...Array.from({ length: 15 }, () => Math.floor(random() * bytes.length))]
    for (const cut of cuts) {
      const torn = newPath()
      await writeFile(torn, bytes.subarray(0, cut))
      // What a power cut leaves behind the last sync.
      if (cut > 0 && random() < 0.3) await appendFile(torn, Buffer.alloc(Math.floor(random() * 5000)))
      const again = await run(torn, given)
      expect(names(again), `seed ${seed}, cut at ${cut}`).toEqual(names(whole))
      expect(again.tasks.length).toBe(whole.tasks.length)
    }
  })

  it('never does again what was answered before', async () => {
    const path = newPath()
    let words = 0
    const broken = [...processors.filter(({ name }) => name !== 'speech' && name !== 'aligner')]
    const speech = processor('speech', async (input) => {
      words++
      return making('speech', 'transcript').run(input)
    })
    const cancelling = new AbortController()
    const stuck = processor('aligner', ({ signal }) => {
      cancelling.abort()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
    })
    const cancelled = run(path, { ...given, processors: [...broken, speech, stuck], signal: cancelling.signal })
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
    expect(words).toBe(3)
    const result = await run(path, { ...given, processors: [...broken, speech, making('aligner', 'timed')] })
    expect([words, result.outcome, result.resources.length]).toEqual([3, 'done', 1])
    expect(await run(path, given)).toMatchObject({ id: result.id, outcome: 'done', resources: result.resources })
  })

  it('goes on with the journal of no other job', async () => {
    const path = newPath()
    await run(path, given)
    for (const other of [
      { ...given, inputs: [resource('b', 'zip')] },
      { ...given, wants: ['thumbnail'] },
      { ...given, ruleset: rules.slice(0, 5) },
    ]) {
      await expect(run(path, other)).rejects.toMatchObject({ code: 'journal-of-another-job' })
    }
    const bytes = await readFile(path)
    bytes[40]! ^= 1
    await writeFile(path, bytes)
    await expect(run(path, given)).rejects.toMatchObject({ code: 'journal-damaged' })
  })
})

describe('a task', () => {
  const rule = (...candidates: string[]): Rule => ({
    name: 'convert',
    each: 'deck',
    gives: ['page'],
    candidates: candidates.map((name) => candidate(name)),
  })
  const inputs = [resource('a', 'deck'), resource('b', 'deck')]

  it('is tried by the next best only where the best gave nothing', async () => {
    const tried: string[] = []
    const fast = processor('fast', async (input): Promise<Answer> => {
      tried.push(`fast ${input.takes[0]!.name}`)
      if (input.takes[0]!.name === 'a')
        return { severity: 'warning', gave: null, notes: [warning('slide 3 is broken')] }
      return making('fast', 'page').run(input)
    })
    const slow = processor('slow', (input) => {
      tried.push(`slow ${input.takes[0]!.name}`)
      return making('slow', 'page', [warning('slide 3 was left out')]).run(input)
    })
    const result = await run(newPath(), {
      ruleset: [rule('fast', 'slow')],
      processors: [fast, slow],
      inputs,
      wants: ['page'],
    })
    expect(tried.sort()).toEqual(['fast a', 'fast b', 'slow a'])
    expect(names(result)).toEqual(['convert(a)', 'convert(b)'])
    expect(result.notes.map(({ message }) => message)).toEqual(['slide 3 is broken', 'slide 3 was left out'])
  })

  it.each([
    ['throws', async () => Promise.reject(new Error('no')), 'processor-failed'],
    ['answers nonsense', async () => ({ severity: 'fine' }) as unknown as Answer, 'answer-refused'],
    ['gives what it does not declare', making('bad', 'film').run, 'answer-refused'],
    [
      'gives what there is already',
      async (): Promise<Answer> => ({ severity: 'info', gave: [resource('a', 'page')] }),
      'answer-refused',
    ],
  ] as const)('whose processor %s is one without output, and the job goes on', async (_what, broken, code) => {
    const processors = [processor('bad', broken)]
    const result = await run(newPath(), { ruleset: [rule('bad')], processors, inputs, wants: ['page'] })
    expect([result.outcome, names(result)]).toEqual(['done', []])
    expect(result.notes.map((note) => note.code)).toEqual([code, code])
    expect(result.tasks.map(({ state }) => state)).toEqual(['failed', 'failed'])
    const required = { ...rule('bad'), isRequired: true }
    const critical: Note[] = []
    const stopped = await run(newPath(), {
      ...{ ruleset: [required], processors, inputs, wants: ['page'] },
      onCritical: (notes) => critical.push(...notes),
    })
    expect([stopped.outcome, critical.map((note) => note.code)]).toEqual(['critical', ['not-possible']])
  })

  it('that is critical stops what runs beside it, and nothing goes on behind', async () => {
    let stopped = 0
    const patient = processor('patient', ({ signal, takes }): Promise<Answer> => {
      if (takes[0]!.name === 'b') {
        return Promise.resolve({
          severity: 'critical',
          notes: [{ ...warning('the disk is full'), severity: 'critical' }],
        })
      }
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          stopped++
          reject(new Error('stopped'))
        })
      })
    })
    const said: string[] = []
    const result = await run(newPath(), {
      ...{ ruleset: [rule('patient')], processors: [patient], inputs, wants: ['page'] },
      onCritical: (notes) => said.push(...notes.map(({ message }) => message)),
    })
    expect([result.outcome, stopped, said]).toEqual(['critical', 1, ['the disk is full']])
  })
})

describe('what runs at once', () => {
  it('fits into what is free, one at least always runs, and longer ways go first', async () => {
    const random = seededRandom(seed)
    for (let round = 0; round < 20; round++) {
      const cores = 1 + Math.floor(random() * 4)
      const memoryBytes = 1000 * (1 + Math.floor(random() * 6))
      const sizes = Array.from({ length: 12 }, () => 500 * (1 + Math.floor(random() * 8)))
      const ruleset: Rule[] = sizes.map((size, index) => ({
        ...{ name: `work-${index}`, each: 'input', gives: [`output-${index}`] },
        candidates: [candidate(`do-${index}`, { memoryBytes: size, seconds: 1 + Math.floor(random() * 5) })],
      }))
      const running = new Map<string, number>()
      const begun: string[] = []
      const crowded: string[] = []
      const processors = sizes.map((size, index) =>
        processor(`do-${index}`, async (input) => {
          running.set(input.task, size)
          begun.push(input.rule)
          const used = [...running.values()].reduce((sum, each) => sum + each, 0)
          const fits = running.size === 1 || (running.size <= cores && used <= memoryBytes)
          if (!fits) crowded.push(`${running.size} with ${used} bytes on ${cores} cores, ${memoryBytes} bytes`)
          await new Promise((resolve) => setTimeout(resolve, 1 + random() * 5))
          running.delete(input.task)
          return making('', `output-${index}`).run(input)
        }),
      )
      const monitor = { read: async () => ({ memoryBytes, cores, load: 0, ioPressure: null }) }
      let ticks = 0
      const result = await run(newPath(), {
        ...{ ruleset, processors, monitor, inputs: [resource('x', 'input')], wants: ['*'] },
        now: () => ++ticks,
      })
      expect(crowded, `seed ${seed}, round ${round}`).toEqual([])
      // Nor by the times that are kept: a task ended when it answered, not when that was written.
      const spans = result.tasks.flatMap(({ attempts }) => attempts)
      for (const { startedAt } of spans) {
        const beside = spans.filter((other) => other.startedAt <= startedAt && startedAt < other.endedAt!)
        expect(beside.length, `seed ${seed}, round ${round}`).toBeLessThanOrEqual(cores)
      }
      expect(result.resources.length).toBe(1 + sizes.length)
      const seconds = ruleset.map(({ candidates }) => candidates[0]!.seconds)
      expect(begun[0]).toBe(`work-${seconds.indexOf(Math.max(...seconds))}`)
    }
  })

  it('is told with its progress while it runs', async () => {
    const seen: number[] = []
    let last: JobState | null = null
    const slow = processor('slow', async (input) => {
      for (const fraction of [0.25, 0.5, 2]) input.onProgress(fraction)
      return making('slow', 'page').run(input)
    })
    await run(newPath(), {
      ruleset: [{ name: 'convert', each: 'deck', gives: ['page'], candidates: [candidate('slow')] }],
      ...{ processors: [slow], inputs: [resource('a', 'deck')], wants: ['page'] },
      onChange(state, progress) {
        last = state
        for (const fraction of progress.values()) if (seen.at(-1) !== fraction) seen.push(fraction)
      },
    })
    expect(seen).toEqual([0.25, 0.5, 1])
    expect([...last!.tasks.values()][0]).toMatchObject({ state: 'done', attempts: [{ processor: 'slow' }] })
  })
})

describe('what is taken', () => {
  it('[all] is whatever there is in the end, in rules drawn at random', async () => {
    const random = seededRandom(seed)
    const pick = (count: number) => Math.floor(random() * count)
    for (let round = 0; round < 60; round++) {
      // Kinds rise, so that no rule waits for itself.
      const ruleset: Rule[] = Array.from({ length: 2 + pick(10) }, (_, index) => {
        const low = pick(6)
        const takes = random() < 0.5 ? { each: `k${low}` } : { all: [`k${low}`, `k${pick(low + 1)}`] }
        const both = random() < 0.2 ? { all: [`k${pick(low + 1)}`] } : {}
        const gives = [`k${low + 1 + pick(3)}`, `k${low + 1 + pick(3)}`]
        return {
          name: `r${index}`,
          ...takes,
          ...both,
          gives,
          candidates: [candidate(random() < 0.2 ? 'idle' : 'make')],
        }
      })
      const byName = new Map(ruleset.map((rule) => [rule.name, rule]))
      const make = processor('make', async ({ task, rule }) => {
        await new Promise((resolve) => setTimeout(resolve, random() * 3))
        const gives = byName.get(rule)!.gives
        return { severity: 'info', gave: gives.map((kind, index) => resource(`${task}/${index}`, kind)) }
      })
      const idle = processor('idle', async () => ({ severity: 'warning', gave: null, notes: [] }))
      const inputs = [resource('x', 'k0'), resource('y', 'k1'), resource('z', 'k1')]
      const result = await run(newPath(), { ruleset, processors: [make, idle], inputs, wants: ['*'] })
      const label = `seed ${seed}, round ${round}: ${JSON.stringify(ruleset)}`
      expect(result.outcome, label).toBe('done')
      for (const rule of ruleset) {
        const { name, each, all } = rule
        const of = (patterns: readonly string[]) =>
          result.resources.filter(({ kind }) => patterns.some((pattern) => matchesPattern(pattern, kind)))
        const tasks = result.tasks.filter((task) => task.rule === name)
        const others = of(all ?? []).map((one) => one.name)
        const expected =
          all !== undefined && others.length === 0
            ? []
            : each === undefined
              ? [others]
              : of([each]).map((one) => [one.name, ...others.filter((other) => other !== one.name)])
        const sorted = (lists: readonly (readonly string[])[]) => lists.map((list) => list.join()).sort()
        expect(sorted(tasks.map(({ takes }) => takes)), `${label} ${name}`).toEqual(sorted(expected))
      }
    }
  })

  it.each([
    ['two of a name', [{ name: 'a' }, { name: 'a' }]],
    ['waiting for itself', [{ name: 'a', each: undefined, all: ['in'], gives: ['in'] }]],
    [
      'waiting for each other',
      [
        { name: 'a', each: undefined, all: ['x'], gives: ['y'] },
        { name: 'b', each: undefined, all: ['y'], gives: ['x'] },
      ],
    ],
    ['taking nothing', [{ name: 'a', each: undefined }]],
    ['of a processor that is not there', [{ name: 'a', candidates: [candidate('nobody')] }]],
    ['with a pattern that is none', [{ name: 'a', each: 'a*b' }]],
  ])('is refused by rules %s', async (_what, partial) => {
    const ruleset = partial.map((each) => ({ each: 'in', gives: ['out'], candidates: [candidate('make')], ...each }))
    const processors = [making('make', 'out')]
    await expect(run(newPath(), { ruleset, processors, inputs: [], wants: ['out'] })).rejects.toMatchObject({
      code: 'ruleset-refused',
    })
  })
})
