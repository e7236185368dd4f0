// The settings that are chosen seldom; folded away.
import { html, type TemplateResult } from 'lit'
import { bubbleShapes } from './bubble-keys.ts'
import type { RecorderPreferences } from './recorder-preferences.ts'

const sides: { value: number; name: string }[] = [
  { value: 720, name: '720p' },
  { value: 1080, name: '1080p' },
  { value: 2160, name: '2160p (4K)' },
]
const rates: { value: number; name: string }[] = [15, 30, 60].map((value) => ({
  value,
  name: `${value} pictures a second`,
}))

export function recorderSettings(
  preferences: RecorderPreferences,
  prefer: (change: Partial<RecorderPreferences>) => void,
): TemplateResult {
  function pick<Value extends string | number>(
    id: string,
    label: string,
    choices: readonly { value: Value; name: string }[],
    chosen: Value,
    choose: (value: Value) => void,
  ): TemplateResult {
    return html`<div class="field">
      <label for=${id}>${label}</label>
      <select class="select" id=${id} @change=${(event: Event) =>
        choose(choices[(event.target as HTMLSelectElement).selectedIndex]!.value)}>
        ${choices.map(({ value, name }) => html`<option ?selected=${value === chosen}>${name}</option>`)}
      </select>
    </div>`
  }
  const check = (label: string, name: 'noiseSuppression' | 'bubbleMirrored' | 'clean') => html`<label class="check">
    <input type="checkbox" .checked=${preferences[name]}
      @change=${(event: Event) => prefer({ [name]: (event.target as HTMLInputElement).checked })} />
    ${label}
  </label>`
  return html`<details class="settings">
    <summary>More settings</summary>
    <div class="stack">
      ${pick('set-side', 'Largest picture', sides, preferences.pictureSide, (pictureSide) => prefer({ pictureSide }))}
      ${pick('set-rate', 'Movement', rates, preferences.frameRate, (frameRate) => prefer({ frameRate }))}
      ${pick('set-shape', 'Shape of the camera bubble', bubbleShapes, preferences.bubbleShape, (bubbleShape) => prefer({ bubbleShape }))}
      <div>
        ${check('Camera bubble mirrored', 'bubbleMirrored')}
        ${check('Take noise out of the microphone', 'noiseSuppression')}
        ${check('Keep drawings beside the picture, not in it', 'clean')}
      </div>
    </div>
  </details>`
}
