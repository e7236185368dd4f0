import { LiveAnnotations } from '../annotate/annotations.ts'
import { Emitter } from '../listeners.ts'
import { type AudioInput, type AudioMix, openAudioMix } from './audio-mix.ts'
import type { Bubble } from './bubble.ts'
import { CaptureError } from './capture-error.ts'
import { openCamera, openMicrophone } from './devices.ts'
import { type BubbleSource, changedScene, type PictureSource, type Scene, type SceneChange } from './scene.ts'
import { SilenceWatch } from './silence-watch.ts'
import type {
  CameraOptions,
  Capture,
  CaptureEvents,
  CaptureOptions,
  CaptureSource,
  DeviceSource,
  MicrophoneOptions,
  SoundSource,
} from './source.ts'

const listenEveryMs = 500
const mostGain = 4

type Sound = { gain: number; muted: boolean; input: AudioInput | null }

/** Streams that are open, put together to one picture and one sound. It owns them: {@link close} stops their tracks. */
export class OpenSources extends Emitter<CaptureEvents> implements Capture {
  readonly picture: Capture['picture']
  readonly hasVideo: boolean
  readonly annotations: LiveAnnotations = new LiveAnnotations()
  readonly #sources: CaptureSource[]
  readonly #sounds: Record<SoundSource, Sound> = {
    screen: { gain: 1, muted: false, input: null },
    microphone: { gain: 1, muted: false, input: null },
  }
  readonly #silence = new SilenceWatch(performance.now())
  readonly #listening: ReturnType<typeof setInterval>
  #mix: AudioMix | null = null
  #scene: Scene
  #closed = false

  constructor(
    sources: CaptureSource[],
    picture: Capture['picture'],
    scene: Scene,
    gains: NonNullable<CaptureOptions['gains']> = {},
  ) {
    super()
    this.#sources = sources
    this.picture = picture
    this.#scene = scene
    this.hasVideo = scene.main === 'page' || sources.some(({ stream }) => stream.getVideoTracks().length > 0)
    for (const [kind, gain] of Object.entries(gains)) this.setGain(kind as SoundSource, gain)
    for (const source of sources) this.#adopt(source)
    this.#listening = setInterval(() => this.#listen(), listenEveryMs)
  }

  get sources(): readonly CaptureSource[] {
    return this.#sources
  }

  get hasAudio(): boolean {
    return this.#mix !== null
  }

  get scene(): Readonly<Scene> {
    return this.#scene
  }

  get bubble(): Readonly<Bubble> {
    return this.#scene.bubbles.camera
  }

  get silent(): boolean {
    return this.#silence.silent
  }

  arrange(change: Partial<Bubble>, of: BubbleSource = 'camera'): void {
    this.compose({ bubbles: { [of]: change } })
  }

  compose(change: SceneChange): void {
    this.#scene = changedScene(this.#scene, change)
    this.emit('arranged', this.#scene)
  }

  async change(kind: DeviceSource, options: CameraOptions | MicrophoneOptions | null): Promise<void> {
    if (kind !== 'microphone' && !this.hasVideo) {
      throw new CaptureError('not-supported', 'camera', 'a recording of sound alone gets no picture')
    }
    const before = this.#source(kind)
    if (options === null) {
      if (before === undefined || !before.live) return
      this.#release(before)
      this.emit('source-changed', { source: before })
      return
    }
    const open = () => (kind === 'microphone' ? openMicrophone(options) : openCamera(options, this.picture))
    const stream = await open().catch((fault: unknown) => {
      // Most phones give one camera at a time: the other one must be let go first.
      if (!(fault instanceof CaptureError) || fault.code !== 'in-use' || !before?.live) throw fault
      this.#release(before)
      this.emit('source-changed', { source: before })
      return open()
    })
    if (this.#closed) {
      for (const track of stream.getTracks()) track.stop()
      return
    }
    if (before !== undefined) this.#release(before)
    const source: CaptureSource = { kind, stream, label: stream.getTracks()[0]?.label ?? '', live: true }
    const index = before === undefined ? this.#sources.length : this.#sources.indexOf(before)
    this.#sources[index] = source
    this.#adopt(source)
    this.emit('source-changed', { source })
  }

  level(of?: SoundSource): number {
    if (of === undefined) return this.#mix?.level() ?? 0
    return this.#sounds[of].input?.level() ?? 0
  }

  mute(kind: SoundSource, muted: boolean): void {
    this.#sounds[kind].muted = muted
    this.#applyGain(kind)
    this.#listen()
  }

  isMuted(kind: SoundSource): boolean {
    return this.#sounds[kind].muted
  }

  setGain(kind: SoundSource, gain: number): void {
    this.#sounds[kind].gain = Number.isFinite(gain) ? Math.min(mostGain, Math.max(0, gain)) : 1
    this.#applyGain(kind)
  }

  gain(kind: SoundSource): number {
    return this.#sounds[kind].gain
  }

  track(of: PictureSource | 'mix'): MediaStreamTrack | null {
    if (of === 'mix') return this.#mix?.track ?? null
    return this.#source(of)?.stream.getVideoTracks()[0] ?? null
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#listening)
    for (const source of this.#sources) this.#release(source)
    this.#mix?.close()
  }

  #source(kind: CaptureSource['kind']): CaptureSource | undefined {
    return this.#sources.find((source) => source.kind === kind)
  }

  #applyGain(kind: SoundSource): void {
    const { gain, muted, input } = this.#sounds[kind]
    input?.setGain(muted ? 0 : gain)
  }

  #listen(): void {
    const { input, muted } = this.#sounds.microphone
    const peak = input === null || muted ? null : input.recentPeak()
    if (this.#silence.hear(peak, performance.now())) this.emit('silence', { silent: this.#silence.silent })
  }

  /** Hears it, and sees when it ends. */
  #adopt(source: CaptureSource): void {
    if (isSound(source) && source.stream.getAudioTracks().length > 0) {
      this.#mix ??= openAudioMix()
      this.#sounds[source.kind].input = this.#mix.add(source.stream)
      this.#applyGain(source.kind)
    }
    for (const track of source.stream.getTracks()) track.addEventListener('ended', () => this.#ended(source))
    if (source.stream.getTracks().every((track) => track.readyState === 'ended')) this.#ended(source)
  }

  #release(source: CaptureSource): void {
    source.live = false
    if (isSound(source)) {
      const sound = this.#sounds[source.kind]
      sound.input?.disconnect()
      sound.input = null
    }
    for (const track of source.stream.getTracks()) track.stop()
  }

  /** A screen's sound may end on its own (the tab it came from went silent for good); the source lives by its picture. */
  #ended(source: CaptureSource): void {
    const [picture] = source.stream.getVideoTracks()
    const tracks = picture === undefined ? source.stream.getTracks() : [picture]
    if (this.#closed || !source.live || tracks.some((track) => track.readyState === 'live')) return
    this.#release(source)
    // Later than the constructor, where nobody can be listening yet.
    queueMicrotask(() => {
      const page = this.#scene.main === 'page' // goes on by itself
      const goesOn = page || this.#sources.some(({ live }) => live)
      this.emit('source-ended', { source, goesOn })
      if (!goesOn) this.emit('ended', null)
    })
  }
}

function isSound(source: CaptureSource): source is CaptureSource & { kind: SoundSource } {
  return source.kind === 'screen' || source.kind === 'microphone'
}
