// The filters showinfo and ashowinfo of FFmpeg, which ffplay and mpv have too, tell of every frame that comes through them.
import type { ShownPicture } from './player.ts'

/** @param lines of a log at level info */
export function shownPictures(lines: readonly string[]): ShownPicture[] {
  return lines.flatMap((line) => {
    const told = /Parsed_showinfo_\d+.*\bn: *\d+ pts: *-?\d+ pts_time: *(\S+) .*checksum:([0-9A-F]+)/.exec(line)
    return told === null ? [] : [{ time: Number(told[1]), hash: told[2]! }]
  })
}

export function heardSound(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const told = /Parsed_ashowinfo_\d+.*pts_time: *(\S+) .*nb_samples: *(\d+) checksum:([0-9A-F]+)/.exec(line)
    return told === null ? [] : [`${told[1]} ${told[2]} ${told[3]}`]
  })
}
