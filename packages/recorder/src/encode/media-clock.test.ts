import { describe, expect, it } from 'vitest'
import { MediaClock, SoundTimes } from './media-clock.ts'

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

  it('does not take a pause for a hole', () => {
    const clock = new MediaClock(0)
    listen(clock, 10, 0)
    clock.pause(10_000)
    clock.resume(60_000)
    expect(clock.heard(60_030, 10_020)).toBe(0)
  })

  it.each([20_000, 3_600_000])('takes a sleep of %i ms for a pause, and says how long it was', (sleepMs) => {
    const clock = new MediaClock(0)
    let slept = 0
    let nowMs = 0
    const run = (untilMs: number, offMs = 0) => {
      for (; nowMs < untilMs; nowMs += 10) {
        slept += clock.wake(nowMs)
        expect(clock.heard(nowMs, nowMs - offMs - 15)).toBe(0)
      }
    }
    run(10_000)
    expect(slept).toBe(0)
    nowMs += sleepMs
    run(nowMs + 10_000, sleepMs)
    expect(Math.abs(slept - sleepMs)).toBeLessThan(20)
    expect(Math.abs(clock.at(nowMs) - 20_000)).toBeLessThan(20)
  })

  it('counts a sleep in a pause once, also where it goes on before its thread has looked', () => {
    const clock = new MediaClock(0)
    expect(clock.wake(1000)).toBe(0)
    clock.pause(1000)
    clock.resume(3_601_000)
    expect(clock.wake(3_601_010)).toBe(0)
    clock.pause(3_601_500)
    expect(clock.wake(7_201_500)).toBe(0)
    clock.resume(7_201_600)
    expect(clock.at(7_201_700)).toBe(1600)
  })

  it.each([3000, 150, -150, -900])('answers a step of %i ms in the sound once it is sure of it', (stepMs) => {
    const clock = new MediaClock(0)
    listen(clock, 10, 0)
    let soundMs = 10_000 - stepMs
    let sum = 0
    for (let packet = 1; packet <= 400; packet++) {
      soundMs += 10
      const off = clock.heard(10_020 + packet * 10, soundMs)
      soundMs += off // as the lane does: silence put in, or sound left out
      sum += off
    }
    expect(Math.abs(sum - stepMs)).toBeLessThan(40)
  })
})

describe('SoundTimes', () => {
  it('is sure only when sound is read as fast as it comes', () => {
    const times = new SoundTimes()
    // 100 pieces wait already; the reader takes one each millisecond.
    let surely = -1
    for (let piece = 1; piece <= 300; piece++) {
      const there = piece * 10
      const read = Math.max(1000 + piece, there + 1)
      const placed = times.place(read, there - 77_000)
      if (!times.caughtUp || read - there > 1) continue
      if (surely < 0) surely = piece
      expect(Math.abs(placed - there - 1)).toBeLessThan(1e-6)
    }
    expect(surely).toBeGreaterThan(100)
    expect(surely).toBeLessThan(150)
  })

  it('places sound that waited in a queue where it was, not where it was read', () => {
    const times = new SoundTimes()
    // A worker that is busy for 300 ms reads 30 pieces at once; before and after it keeps up, 3 to 8 ms behind.
    for (let piece = 1; piece <= 500; piece++) {
      const there = piece * 10
      const read = piece > 200 && piece <= 230 ? 2303 : there + 3 + (piece % 6)
      expect(Math.abs(times.place(read, there - 77_000) - there - 3)).toBeLessThan(6)
    }
  })

  it('places no sound that was read after a sleep before its end', () => {
    const wokeAt = 3_610_000
    const times = new SoundTimes(wokeAt)
    // The browser stamps some pieces with the time before the sleep, then finds its way back.
    for (let piece = 1; piece <= 100; piece++) {
      const read = wokeAt + piece * 10
      const placed = times.place(read, piece < 50 ? read + 5 : read - 3_600_000)
      expect(placed).toBeGreaterThanOrEqual(wokeAt)
      expect(placed).toBeLessThanOrEqual(read + 5)
    }
  })

  it('follows times that jump or run apart', () => {
    const times = new SoundTimes()
    let most = 0
    for (let piece = 1; piece <= 60_000; piece++) {
      const there = piece * 10
      const placed = times.place(there + (piece % 9), there * 1.0003 + (piece > 30_000 ? -734 : 0))
      if (piece < 30_000 || piece > 30_040) most = Math.max(most, Math.abs(placed - there))
    }
    expect(most).toBeLessThan(12)
  })
})
