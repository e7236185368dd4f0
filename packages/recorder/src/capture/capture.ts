import { prepareEncodeWorker } from '../encode/worker-door.ts'
import { Emitter } from '../listeners.ts'
import { prepareSpools } from '../spool/spools.ts'
import { type AudioInput, type AudioMix, openAudioMix } from './audio-mix.ts'
import { type Bubble, defaultBubble } from './bubble.ts'
import { CaptureError } from './capture-error.ts'
import { openCamera, openMicrophone, openScreen } from './devices.ts'
import type { Capture, CaptureEvents, CaptureOptions, CaptureSource, SourceKind } from './source.ts'

/**
 * Opens screen, camera and microphone, as the options say, in the order in which browsers want it: the screen's dialogue
 * first, since it needs the user's click to be fresh. All or nothing: where one is refused, the others are let go.
 *
 * @throws CaptureError
 */
export async function openCapture(options: CaptureOptions): Promise<Capture> {
  if (!options.screen && !options.camera && !options.microphone) {
    throw new CaptureError('nothing-chosen', null, 'choose a screen, a camera or a microphone')
  }
  prepareEncodeWorker()
  prepareSpools()
  const picture = {
    maxWidth: options.maxWidth ?? 1920,
    maxHeight: options.maxHeight ?? 1080,
    frameRate: options.frameRate ?? 30,
  }
  const sources: CaptureSource[] = []
  const add = (kind: SourceKind, stream: MediaStream) =>
    sources.push({ kind, stream, label: stream.getTracks()[0]?.label ?? '', live: true })
  try {
    if (options.screen) add('screen', await openScreen(options.screen === true ? {} : options.screen, picture))
    if (options.camera) add('camera', await openCamera(options.camera === true ? {} : options.camera, picture))
    if (options.microphone) {
      add('microphone', await openMicrophone(options.microphone === true ? {} : options.microphone))
    }
    return new OpenCapture(sources, picture, { ...defaultBubble, ...options.bubble })
  } catch (fault) {
    for (const source of sources) for (const track of source.stream.getTracks()) track.stop()
    throw fault
  }
}

class OpenCapture extends Emitter<CaptureEvents> implements Capture {
  readonly sources: readonly CaptureSource[]
  readonly picture: Capture['picture']
  readonly hasVideo: boolean
  readonly hasAudio: boolean
  #bubble: Bubble
  readonly #mix: AudioMix | null
  readonly #inputs = new Map<SourceKind, AudioInput>()
  #closed = false

  constructor(sources: CaptureSource[], picture: Capture['picture'], bubble: Bubble) {
    super()
    this.sources = sources
    this.picture = picture
    this.#bubble = bubble
    this.hasVideo = sources.some(({ stream }) => stream.getVideoTracks().length > 0)
    const audible = sources.filter(({ stream }) => stream.getAudioTracks().length > 0)
    this.hasAudio = audible.length > 0
    this.#mix = this.hasAudio ? openAudioMix() : null
    for (const source of audible) this.#inputs.set(source.kind, this.#mix!.add(source.stream))
    for (const source of sources) {
      for (const track of source.stream.getTracks()) track.addEventListener('ended', () => this.#ended(source))
      if (source.stream.getTracks().every((track) => track.readyState === 'ended')) this.#ended(source)
    }
  }

  get bubble(): Readonly<Bubble> {
    return this.#bubble
  }

  arrange(change: Partial<Bubble>): void {
    this.#bubble = { ...this.#bubble, ...change }
    this.emit('arranged', this.#bubble)
  }

  level(): number {
    return this.#mix?.level() ?? 0
  }

  mute(kind: 'screen' | 'microphone', muted: boolean): void {
    this.#inputs.get(kind)?.setMuted(muted)
  }

  track(of: 'screen' | 'camera' | 'mix'): MediaStreamTrack | null {
    if (of === 'mix') return this.#mix?.track ?? null
    return this.sources.find(({ kind }) => kind === of)?.stream.getVideoTracks()[0] ?? null
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const source of this.sources) {
      source.live = false
      for (const track of source.stream.getTracks()) track.stop()
    }
    for (const input of this.#inputs.values()) input.disconnect()
    this.#mix?.close()
  }

  /** A screen's sound may end on its own (the tab it came from went silent for good); the source lives by its picture. */
  #ended(source: CaptureSource): void {
    const [picture] = source.stream.getVideoTracks()
    const tracks = picture === undefined ? source.stream.getTracks() : [picture]
    if (this.#closed || !source.live || tracks.some((track) => track.readyState === 'live')) return
    source.live = false
    this.#inputs.get(source.kind)?.disconnect()
    this.#inputs.delete(source.kind)
    for (const track of source.stream.getTracks()) track.stop()
    // Later than the constructor, where nobody can be listening yet.
    queueMicrotask(() => {
      this.emit('source-ended', { source })
      if (this.sources.every(({ live }) => !live)) this.emit('ended', null)
    })
  }
}
