import type { Mend } from '@rushes/protocol'
import type { Item, Presentation, TimelineEvent } from '@rushes/umf'
import { html, type TemplateResult } from 'lit'
import { formDialog } from '../encoders/form-dialog.ts'
import { formatLength } from '../figures.ts'

/** Kinds that players and search know. */
const knownKinds = [
  ...[
    'slide',
    'chat',
    'question',
    'answer',
    'speaker',
    'screen',
    'join',
    'leave',
    'mark',
    'poll',
    'annotation',
    'event',
  ],
]
const itemTypes = [
  ...[
    'video',
    'audio',
    'slide',
    'image',
    'document',
    'transcript',
    'captions',
    'chat',
    'questions',
    'notes',
    'code',
    'data',
  ],
]

const kindList = html`<datalist id="mend-kinds">${knownKinds.map((kind) => html`<option value=${kind}></option>`)}</datalist>`

/** What is to be done with one event; null: nothing. */
export async function askEvent(number: number, event: TimelineEvent, words: string): Promise<Mend[] | null> {
  const label = labelOf(event)
  return await formDialog<Mend[]>(
    'mend-heading',
    (close, send) => html`<form class="stack" @submit=${send}>
      <h2 id="mend-heading">Mend an event</h2>
      <p class="soft convert-name">${formatLength(event.t)}, ${event.kind}${words === '' ? '' : `: ${words}`}</p>
      <fieldset class="stack stack-tight mend-choice">
        <legend class="visually-hidden">What is wrong with it?</legend>
        <label class="check"><input type="radio" name="do" value="mend" checked autofocus /> It happened at another time, or is something else</label>
        <label class="check"><input type="radio" name="do" value="drop" /> It did not happen: drop it</label>
      </fieldset>
      ${timeField('Later by, in ms', 'Earlier where less than 0: -1500 is a second and a half earlier.')}
      <div class="field">
        <label for="mend-kind">What it is</label>
        <input class="input" id="mend-kind" name="kind" list="mend-kinds" required maxlength="100" autocomplete="off" .value=${event.kind} />
        ${kindList}
      </div>
      ${labelField(label ?? '')}
      ${actions(close, 'Mend')}
    </form>`,
    (form) => {
      const data = new FormData(form)
      if (data.get('do') === 'drop') return [{ do: 'drop', event: number }]
      const byMs = numberOf(data)
      const kind = textOf(data, 'kind') || event.kind
      const given = textOf(data, 'label')
      const isNamed = kind !== event.kind || given !== (label ?? '')
      return [
        ...(byMs === 0 ? [] : [{ do: 'shift' as const, event: number, byMs }]),
        ...(isNamed ? [{ do: 'name' as const, event: number, kind, ...(given !== '' && { label: given }) }] : []),
      ]
    },
  )
}

/** What all events of a kind are; null: what they were. */
export async function askKind(kind: string, label: string | null, count: number): Promise<Mend[] | null> {
  return await formDialog<Mend[]>(
    'mend-heading',
    (close, send) => html`<form class="stack" @submit=${send}>
      <h2 id="mend-heading">Name a kind</h2>
      <p class="soft convert-name">${count.toLocaleString('en')} events “${label ?? kind}”</p>
      <div class="field">
        <label for="mend-kind">What they are</label>
        <input class="input" id="mend-kind" name="kind" list="mend-kinds" required maxlength="100" autocomplete="off" autofocus .value=${kind} />
        ${kindList}
        <p class="field-hint">Of a number that was found with each, slides are made, or speakers.</p>
      </div>
      ${labelField(label ?? '')}
      ${actions(close, 'Name them')}
    </form>`,
    (form) => {
      const data = new FormData(form)
      const as = textOf(data, 'kind') || kind
      const asLabel = textOf(data, 'label')
      if (as === kind && asLabel === (label ?? '')) return []
      const from = label === null ? {} : { label }
      return [{ do: 'name-kind', kind, ...from, as, ...(asLabel !== '' && { asLabel }) }]
    },
  )
}

/** What is to be done with a whole item, or the main presentation; null: nothing. */
export async function askItem(item: Item | Presentation, isMain: boolean): Promise<Mend[] | null> {
  const title = item.title ?? ''
  return await formDialog<Mend[]>(
    'mend-heading',
    (close, send) => html`<form class="stack" @submit=${send}>
      <h2 id="mend-heading">Mend an item</h2>
      <p class="soft convert-name">${item.name}</p>
      ${timeField('All of it later by, in ms', 'Earlier where less than 0.')}
      ${
        isMain
          ? ''
          : html`<div class="field">
              <label for="mend-type">What it is</label>
              <select class="select" id="mend-type" name="type">
                ${[...new Set([item.type, ...itemTypes])].map((type) => html`<option value=${type} ?selected=${type === item.type}>${type}</option>`)}
              </select>
            </div>
            <div class="field">
              <label for="mend-title">What it is called</label>
              <input class="input" id="mend-title" name="title" maxlength="1000" autocomplete="off" .value=${title} />
            </div>`
      }
      ${actions(close, 'Mend')}
    </form>`,
    (form) => {
      const data = new FormData(form)
      const byMs = numberOf(data)
      const type = isMain ? item.type : textOf(data, 'type')
      const given = isMain ? title : textOf(data, 'title')
      const named = {
        ...(type !== item.type && { type }),
        ...(given !== title && { title: given }),
      }
      return [
        ...(byMs === 0 ? [] : [{ do: 'shift-item' as const, item: item.name, byMs }]),
        ...(Object.keys(named).length === 0 ? [] : [{ do: 'name-item' as const, item: item.name, ...named }]),
      ]
    },
  )
}

/** A mend that waits to be made, in words. */
export function mendWords(mend: Mend, events: readonly TimelineEvent[]): string {
  const named = (number: number) => {
    const event = events[number]
    return event === undefined ? `event ${number}` : `${event.kind} at ${formatLength(event.t)}`
  }
  const by = (ms: number) => `${Math.abs(ms).toLocaleString('en')} ms ${ms < 0 ? 'earlier' : 'later'}`
  switch (mend.do) {
    case 'drop':
      return `Drop ${named(mend.event)}`
    case 'shift':
      return `${named(mend.event)}: ${by(mend.byMs)}`
    case 'name':
      return `${named(mend.event)} is ${[mend.kind, mend.label].filter((word) => word !== undefined).join(', ')}`
    case 'name-kind':
      return `All “${mend.label ?? mend.kind}” are ${[mend.as, mend.asLabel].filter((word) => word !== undefined).join(', ')}`
    case 'shift-item':
      return `${mend.item}: ${by(mend.byMs)}`
    case 'name-item':
      return `${mend.item} is ${[mend.type, mend.title && `“${mend.title}”`].filter(Boolean).join(', ') || 'without a title'}`
    case 'restore':
      return 'All as it was converted'
  }
}

export function labelOf({ data }: TimelineEvent): string | null {
  const label = (data as { label?: unknown } | null | undefined)?.label
  return typeof label === 'string' ? label : null
}

function timeField(label: string, hint: string): TemplateResult {
  return html`<div class="field">
    <label for="mend-by">${label}</label>
    <input class="input" id="mend-by" name="byMs" type="number" step="any" min="-1e12" max="1e12" value="0" aria-describedby="mend-by-hint" />
    <p class="field-hint" id="mend-by-hint">${hint}</p>
  </div>`
}

function labelField(value: string): TemplateResult {
  return html`<div class="field">
    <label for="mend-label">Label</label>
    <input class="input" id="mend-label" name="label" maxlength="1000" autocomplete="off" .value=${value} />
  </div>`
}

function actions(close: () => void, words: string): TemplateResult {
  return html`<div class="buttons">
    <button class="button" type="button" @click=${close}>Cancel</button>
    <button class="button button-main">${words}</button>
  </div>`
}

function textOf(data: FormData, name: string): string {
  return String(data.get(name) ?? '').trim()
}

function numberOf(data: FormData): number {
  const value = Number(data.get('byMs'))
  return Number.isFinite(value) ? value : 0
}
