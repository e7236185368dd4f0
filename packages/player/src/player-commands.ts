import type { PlayedMedia } from './rushes-clock.ts'
import { markFrom, type PlayerMark } from './seek-marks.ts'
import { nextSpeed, type PlayerCommand } from './shortcuts.ts'
import { formatClock } from './start-time.ts'

/** What a command works on. */
export interface CommandTarget {
  readonly media: PlayedMedia
  readonly frameSeconds: number
  readonly marks: readonly PlayerMark[]
  seek(seconds: number): void
  /** As a click on the control: it knows what is possible here. False where the control is not there. */
  press(control: 'captions' | 'fullscreen' | 'pip'): boolean
  showShortcuts(): void
}

/** Does what a key asked; answers the words to show over the picture, or null where the picture says it itself. */
export function runCommand(command: PlayerCommand, target: CommandTarget): string | null {
  const { media } = target
  switch (command.do) {
    case 'toggle-play':
      // Refused play() (no gesture yet, source gone) leaves the button as it is; the error event says the rest.
      if (media.paused) void media.play().catch(() => undefined)
      else media.pause()
      return null
    case 'seek-by':
      target.seek(media.currentTime + command.seconds)
      return `${command.seconds > 0 ? '+' : '−'}${Math.abs(command.seconds)} s`
    case 'seek-to':
      if (Number.isFinite(media.duration)) target.seek(media.duration * command.fraction)
      return null
    case 'step-marks': {
      const mark = markFrom(target.marks, media.currentTime * 1000, command.step)
      if (mark === null) return command.step > 0 ? 'No mark after this' : 'No mark before this'
      target.seek(mark.t / 1000)
      return `${mark.label} · ${formatClock(mark.t / 1000)}`
    }
    case 'step-frames':
      media.pause()
      target.seek(media.currentTime + command.frames * target.frameSeconds)
      return null
    case 'speed':
      media.playbackRate = nextSpeed(media.playbackRate, command.steps)
      return `${media.playbackRate}×`
    case 'volume':
      media.volume = Math.min(1, Math.max(0, Math.round((media.volume + command.by) * 100) / 100))
      if (command.by > 0) media.muted = false
      return `Volume ${Math.round(media.volume * 100)} %`
    case 'mute':
      media.muted = !media.muted
      return media.muted ? 'Muted' : 'Sound on'
    case 'captions':
      return target.press('captions') ? null : 'No captions'
    case 'fullscreen':
      target.press('fullscreen')
      return null
    case 'picture-in-picture':
      target.press('pip')
      return null
    case 'shortcuts':
      target.showShortcuts()
      return null
  }
}
