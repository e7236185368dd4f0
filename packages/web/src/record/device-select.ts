import type { Device } from '@rushes/recorder'
import { html, type TemplateResult } from 'lit'

export type DeviceSelect = {
  id: string
  label: string
  kind: Device['kind']
  devices: readonly Device[]
  chosen: string
  choose(deviceId: string): void
  /** Put before the devices instead of the usual one. */
  first?: readonly { value: string; name: string }[] | undefined
}

export const usual = { value: '', name: 'The usual one' }

/** A choice among the devices of a kind that have told their names. */
export function deviceSelect({
  id,
  label,
  kind,
  devices,
  chosen,
  choose,
  first = [usual],
}: DeviceSelect): TemplateResult {
  const found = devices
    .filter((device) => device.kind === kind && device.deviceId !== '' && device.label !== '')
    .map(({ deviceId, label: name }) => ({ value: deviceId, name }))
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <select class="select" id=${id} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
      ${[...first, ...found].map(
        ({ value, name }) => html`<option value=${value} ?selected=${value === chosen}>${name}</option>`,
      )}
    </select>
  </div>`
}
