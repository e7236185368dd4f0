// Keys of the recorder while it records. The list that `?` opens is shown as it stands here.
import type { Tool } from './drawing.ts'
import type { MarkLabel } from './mark-buttons.ts'

export type RecorderCommand =
  | { do: 'pause' | 'stop' | 'restart' | 'discard' | 'mute' | 'bubble' | 'page' | 'shortcuts' }
  | { do: 'undo' | 'redo' | 'clear' | 'put-away' }
  | { do: 'mark'; label: MarkLabel }
  | { do: 'tool'; tool: Tool }

/** The part of a KeyboardEvent that is looked at. */
export type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

export const toolKeys: Readonly<Record<Tool, string>> = {
  pen: 'p',
  line: 'l',
  arrow: 'a',
  rectangle: 'r',
  ellipse: 'o',
  note: 't',
  spotlight: 'h',
  blur: 'x',
  laser: 'g',
  eraser: 'e',
}

const commands: Readonly<Record<string, RecorderCommand>> = {
  k: { do: 'pause' },
  s: { do: 'stop' },
  R: { do: 'restart' },
  D: { do: 'discard' },
  m: { do: 'mute' },
  b: { do: 'bubble' },
  w: { do: 'page' },
  i: { do: 'mark', label: 'important' },
  q: { do: 'mark', label: 'question' },
  u: { do: 'undo' },
  U: { do: 'redo' },
  C: { do: 'clear' },
  escape: { do: 'put-away' },
  '?': { do: 'shortcuts' },
  ...Object.fromEntries(
    Object.entries(toolKeys).map(([tool, key]): [string, RecorderCommand] => [key, { do: 'tool', tool: tool as Tool }]),
  ),
}

/** What a key press asks of the recorder; null for keys that are not its own. What throws something away wants Shift. */
export function commandFor(press: KeyPress): RecorderCommand | null {
  if (press.altKey) return null
  const letter = press.key.toLowerCase()
  if (press.ctrlKey || press.metaKey) {
    if (letter === 'z') return { do: press.shiftKey ? 'redo' : 'undo' }
    return letter === 'y' ? { do: 'redo' } : null
  }
  return commands[press.shiftKey && letter.length === 1 ? press.key.toUpperCase() : letter] ?? null
}

export const shortcutGroups: readonly { name: string; keys: readonly (readonly [string, string])[] }[] = [
  {
    name: 'Recording',
    keys: [
      ['K', 'Pause or resume'],
      ['S', 'Stop and publish'],
      ['M', 'Microphone off or on'],
      ['B', 'Camera bubble off or on'],
      ['W', 'White page instead of the screen, and back'],
      ['I', 'Mark as important'],
      ['Q', 'Mark as a question'],
      ['Shift R', 'Restart'],
      ['Shift D', 'Discard'],
    ],
  },
  {
    name: 'Drawing',
    keys: [
      ['P', 'Pen'],
      ['L', 'Line'],
      ['A', 'Arrow'],
      ['R', 'Rectangle'],
      ['O', 'Ellipse'],
      ['T', 'Text'],
      ['H', 'Spotlight'],
      ['X', 'Blur'],
      ['G', 'Laser pointer'],
      ['E', 'Eraser'],
      ['U', 'Undo'],
      ['Shift U', 'Redo'],
      ['Shift C', 'Clear'],
      ['Esc', 'Put the tool away'],
      ['?', 'This list'],
    ],
  },
]
