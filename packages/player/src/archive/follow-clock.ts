import type { PlayedMedia } from '../rushes-clock.ts'

const events = ['loadedmetadata', 'timeupdate', 'seeking', 'seeked', 'play', 'pause', 'ended'] as const

/** Calls `onTime` whenever the time may be another one: at each frame of the page while it runs. @returns ends it */
export function followClock(media: PlayedMedia, onTime: () => void): () => void {
  let frame = 0
  const run = () => {
    onTime()
    // `timeupdate` comes four times a second only: a slide would be late.
    if (!media.paused) frame = requestAnimationFrame(run)
  }
  const restart = () => {
    cancelAnimationFrame(frame)
    run()
  }
  for (const name of events) media.addEventListener(name, restart)
  restart()
  return () => {
    cancelAnimationFrame(frame)
    for (const name of events) media.removeEventListener(name, restart)
  }
}
