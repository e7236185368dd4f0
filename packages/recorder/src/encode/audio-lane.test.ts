import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AudioLane } from './audio-lane.ts'
import { MediaClock } from './media-clock.ts'

/** A lane whose encoder takes a block when it is told to. */
function laneOf(clock: MediaClock) {
  const lane = new AudioLane(
    'opus',
    48_000,
    () => clock,
    (cause) => {
      throw cause
    },
  )
  const taken: { timestamp: number; duration: number }[] = []
  let takes = true
  const waiting: (() => void)[] = []
  vi.spyOn(lane.source, 'add').mockImplementation(async ({ timestamp, duration }) => {
    taken.push({ timestamp, duration })
    if (!takes) await new Promise<void>((resolve) => waiting.push(resolve))
  })
  return {
    lane,
    taken,
    hold() {
      takes = false
    },
    letGo() {
      takes = true
      for (const go of waiting) go()
    },
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a hole in the sound', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('of an hour is filled a second at a time, and no further than the encoder follows', async () => {
    const hourMs = 3_600_000
    const { lane, hold, letGo } = laneOf(new MediaClock(0))
    hold()
    for (let picture = 0; picture < 100; picture++) lane.fillHole(hourMs + picture * 33)
    expect(lane.positionMs).toBeLessThanOrEqual(1501)
    letGo()
    for (let picture = 0; picture < 100; picture++) {
      const before = lane.positionMs
      lane.fillHole(hourMs + picture)
      expect(lane.positionMs - before).toBeLessThanOrEqual(1001)
      await settled()
    }
    expect(lane.positionMs).toBeGreaterThan(90_000)
  })

  it('that is a sleep is none: sound goes on where it was, and what was known of its times is forgotten', async () => {
    const clock = new MediaClock(0)
    const { lane, taken } = laneOf(clock)
    const wokeAt = 3_610_000
    // 10 ms pieces, stamped by a clock that stood still while the machine slept.
    const listen = async (fromMs: number, pieces: number, stampMs: number) => {
      for (let piece = 0; piece < pieces; piece++) {
        const nowMs = fromMs + piece * 10
        vi.advanceTimersByTime(nowMs - performance.now())
        if (clock.wake(nowMs) > 0) lane.slept(nowMs)
        lane.take(sound((stampMs + piece * 10) * 1000))
        lane.fillHole(nowMs)
        await Promise.resolve()
      }
    }
    await listen(100, 990, 77_000)
    await listen(wokeAt, 1000, 77_000 + 9900)
    await lane.finish()
    expect(Math.abs(lane.positionMs - clock.at(wokeAt + 10_000))).toBeLessThan(100)
    expect(lane.positionMs).toBeLessThan(20_200)
    let end = 0
    for (const block of taken) {
      expect(Math.abs(block.timestamp - end)).toBeLessThan(1e-6)
      end = block.timestamp + block.duration
    }
  })
})

/** 10 ms at 48 kHz, of one channel. */
function sound(timestamp: number): AudioData {
  return {
    numberOfFrames: 480,
    sampleRate: 48_000,
    numberOfChannels: 1,
    timestamp,
    copyTo: (into: Float32Array) => into.fill(0.5),
  } as unknown as AudioData
}
