import { describe, expect, it } from 'vitest'
import { SilenceWatch } from './silence-watch.ts'

describe('SilenceWatch', () => {
  it('warns once after six seconds of nothing, and takes it back at the first sound', () => {
    const watch = new SilenceWatch(0)
    const changes: [number, boolean][] = []
    const hear = (peak: number | null, atMs: number) => {
      if (watch.hear(peak, atMs)) changes.push([atMs, watch.silent])
    }
    for (let ms = 500; ms <= 9000; ms += 500) hear(0.0002, ms)
    hear(0.05, 9500)
    expect(changes).toEqual([
      [6000, true],
      [9500, false],
    ])
  })

  it('takes neither pauses in speech nor a muted microphone for a fault', () => {
    const watch = new SilenceWatch(0)
    for (let ms = 500; ms < 60_000; ms += 500) expect(watch.hear(ms % 5000 === 0 ? 0.1 : 0, ms)).toBe(false)
    for (let ms = 60_000; ms < 90_000; ms += 500) expect(watch.hear(null, ms)).toBe(false)
  })
})
