import { describe, expect, it } from 'vitest'
import { MediaClock } from './media-clock.ts'

/** A minute of sound whose clock is off by `ppm`, in packets of 10 ms that arrive up to 40 ms late. */
function listen(
  clock: MediaClock,
  seconds: number,
  ppm: number,
  seed = 1,
): { soundMs: number; nowMs: number; amissMs: number } {
  let state = seed
  let amissMs = 0
  let soundMs = 0
  let nowMs = 0
  for (let packet = 1; packet <= seconds * 100; packet++) {
    state = (state * 1103515245 + 12345) % 2147483648
    soundMs = packet * 10
    nowMs = soundMs / (1 + ppm / 1e6) + 15 + (state / 2147483648) * 40
    amissMs += Math.abs(clock.heard(nowMs, soundMs))
  }
  return { soundMs, nowMs, amissMs }
}

describe('MediaClock', () => {
  it('runs with the machine, and stands still in a pause', () => {
    const clock = new MediaClock(1000)
    expect(clock.at(1000)).toBe(0)
    expect(clock.at(3500)).toBe(2500)
    clock.pause(4000)
    expect(clock.at(9000)).toBe(3000)
    clock.resume(10_000)
    expect(clock.at(10_500)).toBe(3500)
    clock.resume(11_000) // not paused: nothing
    expect(clock.at(11_000)).toBe(4000)
  })

  it.each([-200, -50, 0, 50, 200])('follows sound that is %i ppm off, bending nothing of it', (ppm) => {
    const clock = new MediaClock(0)
    const { soundMs, nowMs, amissMs } = listen(clock, 1200, ppm)
    expect(amissMs).toBe(0)
    // Without following, 20 min at 200 ppm are 240 ms.
    expect(Math.abs(clock.at(nowMs) - soundMs)).toBeLessThan(60)
  })

  it('never runs backwards', () => {
    const clock = new MediaClock(0)
    let last = 0
    let backwards = 0
    for (let packet = 1; packet < 60_000; packet++) {
      const nowMs = packet * 10 * 1.0005
      clock.heard(nowMs, packet * 10)
      const at = clock.at(nowMs)
      if (at < last) backwards++
      last = at
    }
    expect(backwards).toBe(0)
  })

  it('says how long a hole in the sound is, and how much came twice', () => {
    const clock = new MediaClock(0)
    listen(clock, 10, 0)
    expect(clock.heard(13_020, 10_010)).toBeGreaterThan(2900)
    expect(clock.heard(13_020, 10_010)).toBeLessThan(3050)
    expect(clock.heard(13_030, 15_000)).toBeLessThan(-1900)
  })

  it('does not take a pause for a hole', () => {
    const clock = new MediaClock(0)
    listen(clock, 10, 0)
    clock.pause(10_000)
    clock.resume(60_000)
    expect(clock.heard(60_030, 10_020)).toBe(0)
  })
})
