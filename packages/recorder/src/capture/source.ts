import type { Annotations } from '../annotate/annotations.ts'
import type { Listeners } from '../listeners.ts'
import type { Bubble } from './bubble.ts'
import type { BubbleSource, PictureSource, Scene, SceneChange } from './scene.ts'

export type SourceKind = PictureSource | 'microphone'
/** What can be chosen anew while recording. */
export type DeviceSource = BubbleSource | 'microphone'
/** What is heard. */
export type SoundSource = 'screen' | 'microphone'

export type ScreenOptions = {
  /** What the browser's dialogue offers first. */
  surface?: 'monitor' | 'window' | 'browser'
  /** Sound of the tab or system, where the browser can give it. Default true. */
  audio?: boolean
  /** Offer this very tab. */
  thisTab?: boolean
  /**
   * Of this tab, only what this element covers, wherever it moves; where the browser can (Region Capture). Else all of the
   * tab: see {@link Scene}'s `portion`.
   */
  element?: Element
}
export type DeviceOptions = { deviceId?: string }
export type CameraOptions = DeviceOptions & {
  /** On phones: the camera that looks at its user, or away. */
  facing?: 'front' | 'back'
}
export type MicrophoneOptions = DeviceOptions & { noiseSuppression?: boolean; echoCancellation?: boolean }

/** At least one of the first five. `true` means the default device or dialogue. */
export type CaptureOptions = {
  screen?: boolean | ScreenOptions
  camera?: boolean | CameraOptions
  secondCamera?: CameraOptions
  microphone?: boolean | MicrophoneOptions
  /** A white sheet to draw on; `scene.main` is then `page`. */
  page?: boolean
  /** Largest picture, pixels; 1920 × 1080, turned for an upright source. */
  maxWidth?: number
  maxHeight?: number
  /** Pictures a second, constant; 30. */
  frameRate?: number
  bubble?: Partial<Bubble>
  scene?: SceneChange
  /** Of the sounds, 1 is as they come. */
  gains?: Partial<Record<SoundSource, number>>
}

/** One thing that is being captured. `stream` is for previews (`video.srcObject`, muted). */
export type CaptureSource = {
  kind: SourceKind
  label: string
  stream: MediaStream
  live: boolean
}

export type CaptureEvents = {
  /** The user stopped sharing, or a device went away; `goesOn`: something is left to record, else `ended` follows. */
  'source-ended': { source: CaptureSource; goesOn: boolean }
  /** Another device was chosen, or none: then `source` is no longer live. */
  'source-changed': { source: CaptureSource }
  /** Nothing is left to capture. */
  ended: null
  /** What is seen was arranged anew. */
  arranged: Scene
  /** The microphone, though not muted, has given no sound for some seconds; or gives it again. */
  silence: { silent: boolean }
}

/** Open sources, composed and mixed; what {@link startRecording} records. */
export interface Capture extends Listeners<CaptureEvents> {
  readonly sources: readonly CaptureSource[]
  readonly hasVideo: boolean
  readonly hasAudio: boolean
  readonly scene: Readonly<Scene>
  /** What is drawn on top; each finished operation is told by the recording's `annotated`. */
  readonly annotations: Annotations
  /** The first camera's, of the scene. */
  readonly bubble: Readonly<Bubble>
  /** Moves, resizes, reshapes, shows or hides a camera's bubble; at any time. */
  arrange(change: Partial<Bubble>, of?: BubbleSource): void
  /** Changes what fills the picture, the portion that is shown, and the rest of the scene; at any time. */
  compose(change: SceneChange): void
  /**
   * Opens another device in this one's place, or none (null); at any time. A recording that began without sound stays so.
   *
   * @throws CaptureError what was there goes on
   */
  change(kind: 'microphone', options: MicrophoneOptions | null): Promise<void>
  change(kind: BubbleSource, options: CameraOptions | null): Promise<void>
  /** Loudness of the mix, or of one source before its gain: peak, 0 to 1. For level meters. */
  level(of?: SoundSource): number
  /** True while {@link CaptureEvents} would last have said `silent`. */
  readonly silent: boolean
  /** What encoders take: the pictures of one source, or all sound mixed (48 kHz, stereo). Null where there is none. */
  track(of: PictureSource | 'mix'): MediaStreamTrack | null
  /** Bounds of the encoded picture, and its rate. */
  readonly picture: { maxWidth: number; maxHeight: number; frameRate: number }
  /** Silences one source, or lets it be heard again; at any time. */
  mute(kind: SoundSource, muted: boolean): void
  isMuted(kind: SoundSource): boolean
  /** 0 to 4; 1 is as it comes. */
  setGain(kind: SoundSource, gain: number): void
  gain(kind: SoundSource): number
  /** Lets go of all devices. */
  close(): void
}

export type Device = { kind: 'camera' | 'microphone'; deviceId: string; label: string }
