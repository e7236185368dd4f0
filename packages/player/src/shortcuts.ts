// Keys and what they do, as people know them from other players. The list is shown as it stands here.

export type PlayerCommand =
  | { do: 'toggle-play' }
  | { do: 'seek-by'; seconds: number }
  | { do: 'seek-to'; fraction: number }
  | { do: 'step-marks'; step: 1 | -1 }
  | { do: 'step-frames'; frames: number }
  | { do: 'speed'; steps: number }
  | { do: 'volume'; by: number }
  | { do: 'mute' }
  | { do: 'fullscreen' }
  | { do: 'captions' }
  | { do: 'picture-in-picture' }
  | { do: 'shortcuts' }

/** The part of a KeyboardEvent that is looked at. */
export type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>

const commands: Record<string, PlayerCommand> = {
  ' ': { do: 'toggle-play' },
  k: { do: 'toggle-play' },
  j: { do: 'seek-by', seconds: -10 },
  l: { do: 'seek-by', seconds: 10 },
  arrowleft: { do: 'seek-by', seconds: -5 },
  arrowright: { do: 'seek-by', seconds: 5 },
  arrowup: { do: 'volume', by: 0.05 },
  arrowdown: { do: 'volume', by: -0.05 },
  home: { do: 'seek-to', fraction: 0 },
  end: { do: 'seek-to', fraction: 1 },
  m: { do: 'mute' },
  f: { do: 'fullscreen' },
  c: { do: 'captions' },
  p: { do: 'picture-in-picture' },
  b: { do: 'step-marks', step: -1 },
  n: { do: 'step-marks', step: 1 },
  '<': { do: 'speed', steps: -1 },
  '>': { do: 'speed', steps: 1 },
  ',': { do: 'step-frames', frames: -1 },
  '.': { do: 'step-frames', frames: 1 },
  '?': { do: 'shortcuts' },
}

/** What a key press asks of the player; null for keys that are not the player's. */
export function commandFor(press: KeyPress): PlayerCommand | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null
  if (/^\d$/.test(press.key)) return { do: 'seek-to', fraction: Number(press.key) / 10 }
  return commands[press.key.toLowerCase()] ?? null
}

/** Keys, and the words beside them in the list that `?` shows. */
export const shortcutList: readonly { keys: readonly string[]; words: string }[] = [
  { keys: ['Space', 'K'], words: 'Play or pause' },
  { keys: ['J', 'L'], words: 'Back or forward 10 seconds' },
  { keys: ['←', '→'], words: 'Back or forward 5 seconds' },
  { keys: ['0', '…', '9'], words: 'Jump to 0 % … 90 %' },
  { keys: ['Home', 'End'], words: 'Jump to the start or the end' },
  { keys: ['B', 'N'], words: 'To the mark before or after' },
  { keys: [',', '.'], words: 'One frame back or forward' },
  { keys: ['<', '>'], words: 'Slower or faster' },
  { keys: ['↑', '↓'], words: 'Louder or quieter' },
  { keys: ['M'], words: 'Mute' },
  { keys: ['C'], words: 'Captions' },
  { keys: ['F'], words: 'Full screen' },
  { keys: ['P'], words: 'Picture in picture' },
  { keys: ['?'], words: 'This list' },
]

const speeds = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3]

/** The speed `steps` further on the ladder; from between two rungs the next one in that direction. */
export function nextSpeed(current: number, steps: number): number {
  if (steps > 0) return speeds.find((speed) => speed > current + 0.001) ?? current
  return speeds.findLast((speed) => speed < current - 0.001) ?? current
}
