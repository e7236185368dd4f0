// SPEC.md, Bounds: what a file of some megabytes may cost.
import { Worker } from 'node:worker_threads'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Outcome } from './bomb-worker.ts'
import { bombs } from './hostile-bombs.ts'

/** For values, of opening and checking files of up to 64 MiB, which the test holds too. */
const HEAP_MB = 768
/** Of the processor; the slowest takes 4 s. */
const MOST_MS = 20_000
/** Open and check each walk the boxes, and read index and content. */
const MOST_READINGS = 12

describe('a file that says much in few bytes', () => {
  const outcomes = new Map<string, Outcome>()
  let last = ''

  beforeAll(async () => {
    const worker = new Worker(new URL('./bomb-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    })
    worker.on('message', (message: Outcome | string) => {
      if (typeof message === 'string') last = message
      else outcomes.set(message.name, message)
    })
    await new Promise((resolve, reject) => {
      worker.on('error', (fault) => reject(new Error(`${last}: ${fault.message}`)))
      worker.on('exit', resolve)
    })
  }, 600_000)

  it.each(Object.keys(bombs))('%s', (name) => {
    const { answer, readings, ms } = outcomes.get(name)!
    expect(answer).toBe(bombs[name]!.answer)
    expect(readings).toBeLessThan(MOST_READINGS)
    expect(ms).toBeLessThan(MOST_MS)
  })
})
