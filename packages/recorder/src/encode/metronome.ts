import type { MediaClock } from './media-clock.ts'

/** A beat at every picture's time: `index` counts pictures of media time; beats that came too late are left out. */
export type Metronome = { stop(): void; reset(): void }

/** Runs in a worker, where timers are not slowed down when the tab is hidden. */
export function startMetronome(
  clock: () => MediaClock | null,
  frameRate: number,
  beat: (index: number) => void,
): Metronome {
  let last = -1
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  function tick(): void {
    if (stopped) return
    const running = clock()
    let waitMs = 1000 / frameRate
    if (running === null || !running.paused) {
      const index = running === null ? -1 : Math.floor((running.at(performance.now()) * frameRate) / 1000 + 1e-6)
      if (running === null || index > last) {
        last = index
        beat(index)
      }
      const started = clock()
      if (started !== null) waitMs = ((Math.max(index, last) + 1) * 1000) / frameRate - started.at(performance.now())
    }
    timer = setTimeout(tick, Math.max(1, waitMs))
  }
  tick()
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    },
    /** Beats at once, e.g. after a pause. */
    reset() {
      clearTimeout(timer)
      tick()
    },
  }
}
