// <rushes-recorder>: the whole recorder as one element, for pages that have no framework or any.
//
//   idle ── start ──> opening ──> recording <──> paused ── stop ──> stopping ──> published
//     ^                  │            └──── cancel ──> idle             └──> kept ──> published, once the server is back
//     └──── failed <─────┘
import type { RecordingView } from '@rushes/protocol'
import { openCapture } from '../capture/capture.ts'
import type { Capture, SourceKind } from '../capture/source.ts'
import { clock } from '../length-words.ts'
import { type StartRecordingOptions, startRecording } from '../recording.ts'
import { type Recording, RecordingError, type RecordingNotice, type RecordingProgress } from '../recording-state.ts'
import { elementStyles } from './element-styles.ts'
import { faultWords } from './element-words.ts'

export type ElementState = 'idle' | 'opening' | 'recording' | 'paused' | 'stopping' | 'published' | 'kept' | 'failed'

/** What `published` carries. `mp4Url` is null where the recording has no MP4; `shareUrl` opens the page. */
export type PublishedDetail = {
  id: string
  mp4Url: string | null
  webmUrl: string | null
  shareUrl: string | null
  recording: RecordingView
}

/** The events of the element, by name; all of them bubble, out of shadow trees too. */
export type RecorderElementEvents = {
  statechange: CustomEvent<{ state: ElementState }>
  progress: CustomEvent<RecordingProgress>
  notice: CustomEvent<RecordingNotice>
  published: CustomEvent<PublishedDetail>
  fault: CustomEvent<{ error: unknown; message: string }>
}

type OfferedKind = Exclude<SourceKind, 'second-camera'>
const kinds: readonly OfferedKind[] = ['screen', 'camera', 'microphone']
const labels: Record<OfferedKind, string> = { screen: 'Screen', camera: 'Camera', microphone: 'Microphone' }

const markup = `
<div class="box" part="box" role="group" aria-label="Recorder">
  <fieldset part="sources"><legend>Record</legend>
    ${kinds.map((kind) => `<label><input type="checkbox" name="${kind}"> ${labels[kind]}</label>`).join('')}
  </fieldset>
  <div class="row running" hidden>
    <span class="time" part="time" role="timer" aria-label="Recorded">0:00</span>
    <meter part="level" min="0" max="1" aria-label="Sound level"></meter>
  </div>
  <div class="row">
    <button class="main" part="start" type="button" data-does="start">Record</button>
    <button part="pause" type="button" data-does="toggle" hidden>Pause</button>
    <button class="main" part="stop" type="button" data-does="stop" hidden>Stop</button>
    <button part="cancel" type="button" data-does="cancel" hidden>Discard</button>
  </div>
  <p class="soft" part="status" role="status" tabindex="-1"></p>
  <p part="result" hidden></p>
</div>`

/**
 * Attributes: `server` (origin of the server, or where its API is forwarded), `api-key`, `sources` (`screen camera
 * microphone`, those chosen at first), `recording-title`, `share-only` (shows the link, not the file).
 */
export class RushesRecorderElement extends HTMLElement {
  readonly #root: ShadowRoot
  #state: ElementState = 'idle'
  #capture: Capture | null = null
  #recording: Recording | null = null
  #frame = 0
  #level = 0

  constructor() {
    super()
    this.#root = this.attachShadow({ mode: 'open', delegatesFocus: true })
    // A sheet that is made here, not a <style>: a page's policy may forbid those.
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(elementStyles)
    this.#root.adoptedStyleSheets = [sheet]
    this.#root.innerHTML = markup
    const does = { start: () => this.start(), toggle: () => this.#toggle(), stop: () => this.stop() }
    const acts: Record<string, () => unknown> = { ...does, cancel: () => this.cancel() }
    this.#root.addEventListener('click', (event) => {
      const name = (event.target as HTMLElement).dataset['does']
      if (name !== undefined) acts[name]?.()
    })
  }

  connectedCallback(): void {
    const wanted = (this.getAttribute('sources') ?? 'screen microphone').split(/\s+/)
    for (const kind of kinds) this.#choice(kind).checked = wanted.includes(kind)
    this.#show()
  }

  /** Away from the page nothing can be seen or stopped any more: what was recorded is delivered and published. */
  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (!this.isConnected && this.#recording !== null) void this.stop()
    })
  }

  get state(): ElementState {
    return this.#state
  }

  /** The recording under way; null before and after. */
  get recording(): Recording | null {
    return this.#recording
  }

  /** Opens the chosen sources and records. Call it from a click: browsers want one before a screen is shared. */
  async start(): Promise<void> {
    if (!['idle', 'published', 'kept', 'failed'].includes(this.#state)) return
    this.#become('opening')
    const [screen, camera, microphone] = kinds.map((kind) => this.#choice(kind).checked) as [boolean, boolean, boolean]
    try {
      const capture = await openCapture({ screen, camera, microphone })
      this.#capture = capture
      const recording = await startRecording({ ...this.#destination(), capture })
      this.#recording = recording
      this.#follow(recording, capture)
      this.#become('recording')
    } catch (error) {
      this.#end()
      this.#fail(error)
    }
  }

  pause(): void {
    this.#recording?.pause()
  }

  resume(): void {
    this.#recording?.resume()
  }

  /** Ends and publishes; resolves when it is published, or kept on this device for later. */
  async stop(): Promise<void> {
    const recording = this.#recording
    if (recording === null) return
    try {
      await recording.stop()
    } catch (error) {
      // Kept and cancelled are states, and say so themselves.
      if (!(error instanceof RecordingError) || error.code === 'failed') this.#fail(error)
    }
  }

  /** Throws the recording away, here and at the server. */
  async cancel(): Promise<void> {
    await this.#recording?.cancel()
  }

  #destination(): Pick<StartRecordingOptions, 'server' | 'key' | 'title'> {
    const key = this.getAttribute('api-key')
    const title = this.getAttribute('recording-title')
    const server = (this.getAttribute('server') ?? '').replace(/\/$/, '')
    return { server, ...(key !== null && { key }), ...(title !== null && { title }) }
  }

  #follow(recording: Recording, capture: Capture): void {
    recording.on('progress', (progress) => {
      this.#text('.time', clock(progress.durationMs))
      if (progress.connection === 'waiting' && this.#isRunning()) this.#say('Recording goes on; sending waits.')
      this.#emit('progress', progress)
    })
    recording.on('notice', (notice) => {
      this.#say(notice.message)
      this.#emit('notice', notice)
    })
    recording.on('state', (next) => {
      if (next.state === 'recording' || next.state === 'paused' || next.state === 'stopping') this.#become(next.state)
      else if (next.state === 'published') this.#published(next.recording, recording)
      else if (next.state === 'kept') {
        this.#end()
        this.#become('kept')
      } else if (next.state === 'cancelled') {
        this.#end()
        this.#become('idle')
      } else if (next.state === 'failed') {
        this.#end()
        this.#fail(next.error)
      }
    })
    // The user ended the sharing in the browser's own bar.
    capture.on('ended', () => void this.stop())
    const draw = (): void => {
      const peak = capture.level()
      // Up at once, down slowly; 60 dB are shown.
      this.#level = Math.max(peak > 0 ? Math.max(0, 1 + Math.log10(peak) / 3) : 0, this.#level - 0.02)
      this.#part<HTMLMeterElement>('meter').value = this.#level
      this.#frame = requestAnimationFrame(draw)
    }
    draw()
  }

  #published(recording: RecordingView, from: Recording): void {
    const { id, mp4Url, webmUrl, shareUrl } = recording
    const detail = { id, mp4Url, webmUrl, shareUrl, recording }
    // One that was kept may come through while the next is made.
    if (this.#recording !== null && this.#recording !== from) return this.#emit('published', detail)
    this.#end()
    const result = this.#part<HTMLParagraphElement>('[part=result]')
    result.replaceChildren()
    const link = (url: string | null, text: string): void => {
      if (url === null) return
      const anchor = document.createElement('a')
      Object.assign(anchor, { href: url, textContent: text, target: '_blank', rel: 'noopener' })
      if (result.childNodes.length > 0) result.append(' · ')
      result.append(anchor)
    }
    link(shareUrl, shareUrl ?? '')
    if (!this.hasAttribute('share-only')) link(mp4Url ?? webmUrl, 'Video file')
    this.#become('published')
    this.#emit('published', detail)
  }

  #toggle(): void {
    if (this.#state === 'paused') this.resume()
    else this.pause()
  }

  #end(): void {
    cancelAnimationFrame(this.#frame)
    this.#capture?.close()
    this.#capture = null
    this.#recording = null
  }

  #fail(error: unknown): void {
    const message = faultWords(error)
    this.#become('failed')
    this.#say(message)
    this.#emit('fault', { error, message })
  }

  #isRunning(): boolean {
    return this.#state === 'recording' || this.#state === 'paused'
  }

  #become(state: ElementState): void {
    if (this.#state === state) return
    this.#state = state
    this.#show()
    this.#emit('statechange', { state })
  }

  #show(): void {
    const running = this.#isRunning()
    const resting = !running && this.#state !== 'opening' && this.#state !== 'stopping'
    const hidden: Record<string, boolean> = {
      ...{ fieldset: !resting, '.running': !running, '[part=start]': running || this.#state === 'stopping' },
      ...{ '[part=pause]': !running, '[part=stop]': !running, '[part=cancel]': !running },
      ...{ '[part=result]': this.#state !== 'published' },
    }
    const focused = this.#root.activeElement as HTMLElement | null
    for (const [selector, isHidden] of Object.entries(hidden)) this.#part<HTMLElement>(selector).hidden = isHidden
    // Not disabled: that would take the focus away from who pressed it.
    this.#part('[part=start]').setAttribute('aria-disabled', String(!resting))
    this.#text('[part=pause]', this.#state === 'paused' ? 'Resume' : 'Pause')
    this.#part('[part=status]').classList.toggle('fault', this.#state === 'failed')
    this.#say(words[this.#state])
    // What was pressed is gone: the focus goes to what took its place, or to what is said.
    if (focused?.hidden === true) this.#part<HTMLElement>(running ? '[part=pause]' : '[part=status]').focus()
  }

  #say(text: string): void {
    this.#text('[part=status]', text)
  }

  #text(selector: string, text: string): void {
    const element = this.#part(selector)
    if (element.textContent !== text) element.textContent = text
  }

  #part<Type extends Element = Element>(selector: string): Type {
    return this.#root.querySelector<Type>(selector)!
  }

  #choice(kind: SourceKind): HTMLInputElement {
    return this.#part<HTMLInputElement>(`input[name=${kind}]`)
  }

  #emit<Name extends keyof RecorderElementEvents>(name: Name, detail: RecorderElementEvents[Name]['detail']): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }
}

const words: Record<ElementState, string> = {
  idle: '',
  opening: 'The browser asks what may be recorded.',
  recording: 'Recording.',
  paused: 'Paused.',
  stopping: 'Sending what is left …',
  published: 'Done. The recording is ready:',
  kept: 'The server cannot be reached. The recording is safe on this device and is sent while this page is open.',
  failed: '',
}

declare global {
  interface HTMLElementTagNameMap {
    'rushes-recorder': RushesRecorderElement
  }
}

if (customElements.get('rushes-recorder') === undefined) customElements.define('rushes-recorder', RushesRecorderElement)
