import type { EncoderView, ScheduleEncoderRequest, ScheduleEntry } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { keyed } from 'lit/directives/keyed.js'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'
import { endTime, scheduleWords, secondsBetween, weekdayNames } from './schedule-words.ts'

type Entries = ScheduleEncoderRequest['schedule']

/** The weekly events of one encoder: a list, and the form to add to it. Fires `changed` with the encoder as it is then. */
export class RushesSchedule extends PageElement {
  static override properties: PropertyDeclarations = {
    encoder: { attribute: false },
    edited: { state: true },
    problem: { state: true },
  }
  declare encoder: EncoderView
  /** What the form changes; null: it makes a new one. */
  declare private edited: ScheduleEntry | null
  declare private problem: string
  /** Of the form: each begins with its own values, whatever was put into the one before. */
  #round = 0

  constructor() {
    super()
    this.edited = null
    this.problem = ''
  }

  async #save(schedule: Entries, said: string): Promise<void> {
    try {
      this.encoder = await server.scheduleEncoder(this.encoder.id, { schedule })
      this.problem = ''
      this.edited = null
      this.#round++
      this.dispatchEvent(new CustomEvent('changed', { detail: this.encoder }))
      toast(said)
    } catch (fault) {
      this.problem = faultWords(fault)
    }
  }

  async #onSubmit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement)
    const text = (name: string): string => String(fields.get(name) ?? '')
    const weekdays = fields.getAll('weekday').map(Number)
    if (weekdays.length === 0) {
      this.problem = 'Choose at least one day.'
      return
    }
    const entry = {
      title: text('title').trim(),
      weekdays,
      time: text('from'),
      timeZone: text('zone'),
      durationSeconds: secondsBetween(text('from'), text('to')),
    }
    const { edited } = this
    const { schedule } = this.encoder
    if (edited === null) await this.#save([...schedule, entry], `“${entry.title}” is in the schedule.`)
    else
      await this.#save(
        schedule.map((other) => (other.id === edited.id ? { ...entry, id: edited.id } : other)),
        `“${entry.title}” is changed.`,
      )
  }

  async #remove(entry: ScheduleEntry): Promise<void> {
    await this.#save(
      this.encoder.schedule.filter(({ id }) => id !== entry.id),
      `“${entry.title}” is no longer in the schedule.`,
    )
    this.querySelector<HTMLElement>('h3')?.focus()
  }

  async #edit(entry: ScheduleEntry | null): Promise<void> {
    this.edited = entry
    this.#round++
    this.problem = ''
    await this.updateComplete
    this.querySelector<HTMLElement>('#schedule-title')?.focus()
  }

  protected override render(): TemplateResult {
    const { schedule } = this.encoder
    return html`<div class="stack">
      ${
        schedule.length === 0
          ? html`<p class="soft">Nothing is planned. The encoder follows its schedule also when it can’t reach this server.</p>`
          : html`<ul role="list" class="lines">
              ${schedule.map((entry) => this.#line(entry))}
            </ul>`
      }
      ${keyed(this.#round, this.#form())}
    </div>`
  }

  #line(entry: ScheduleEntry): TemplateResult {
    return html`<li class="line schedule-line">
      <div>
        <strong>${entry.title}</strong>
        <div class="soft small">${scheduleWords(entry)}, ${entry.timeZone}</div>
      </div>
      <div class="buttons">
        <button class="button button-quiet" type="button" aria-label=${`Change ${entry.title}`}
          @click=${() => this.#edit(entry)}>Change</button>
        <button class="button button-quiet is-danger" type="button" aria-label=${`Remove ${entry.title}`}
          @click=${() => this.#remove(entry)}>Remove</button>
      </div>
    </li>`
  }

  #form(): TemplateResult {
    const { edited } = this
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone
    const zone = edited?.timeZone ?? own
    const zones = [...new Set(['UTC', own, zone, ...Intl.supportedValuesOf('timeZone')])].sort()
    return html`<form class="stack schedule-form" @submit=${this.#onSubmit}>
      <h3 tabindex="-1">${edited === null ? 'Add a weekly event' : `Change “${edited.title}”`}</h3>
      <div class="field">
        <label for="schedule-title">Title</label>
        <input class="input" id="schedule-title" name="title" required maxlength="200" autocomplete="off"
          .value=${edited?.title ?? ''} />
      </div>
      <fieldset>
        <legend class="field-label">Days</legend>
        <div class="weekdays">
          ${weekdayNames.map(
            (name, index) => html`<label class="check"><input type="checkbox" name="weekday" value=${index + 1}
              .checked=${edited?.weekdays.includes(index + 1) ?? false} />${name}</label>`,
          )}
        </div>
      </fieldset>
      <div class="schedule-times">
        <div class="field">
          <label for="schedule-from">From</label>
          <input class="input" id="schedule-from" name="from" type="time" required .value=${edited?.time ?? ''} />
        </div>
        <div class="field">
          <label for="schedule-to">To</label>
          <input class="input" id="schedule-to" name="to" type="time" required
            .value=${edited === null ? '' : endTime(edited.time, edited.durationSeconds)} />
        </div>
        <div class="field">
          <label for="schedule-zone">Time zone</label>
          <select class="select" id="schedule-zone" name="zone">
            ${zones.map((name) => html`<option value=${name} .selected=${name === zone}>${name.replaceAll('_', ' ')}</option>`)}
          </select>
        </div>
      </div>
      ${this.problem === '' ? '' : html`<div class="notice notice-problem" role="alert">${this.problem}</div>`}
      <div class="buttons">
        <button class="button button-main">${edited === null ? 'Add' : 'Save'}</button>
        ${
          edited === null
            ? ''
            : html`<button class="button button-quiet" type="button" @click=${() => this.#edit(null)}>Don’t change it</button>`
        }
      </div>
    </form>`
  }
}
customElements.define('rushes-schedule', RushesSchedule)
