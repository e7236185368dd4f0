import type { Listeners } from '../listeners.ts'
import type { Bubble } from './bubble.ts'

export type SourceKind = 'screen' | 'camera' | 'microphone'

export type ScreenOptions = {
  /** What the browser's dialogue offers first. */
  surface?: 'monitor' | 'window' | 'browser'
  /** Sound of the tab or system, where the browser can give it. Default true. */
  audio?: boolean
  /** Offer this very tab. */
  thisTab?: boolean
}
export type DeviceOptions = { deviceId?: string }
export type MicrophoneOptions = DeviceOptions & { noiseSuppression?: boolean; echoCancellation?: boolean }

/** At least one of the first three. `true` means the default device or dialogue. */
export type CaptureOptions = {
  screen?: boolean | ScreenOptions
  camera?: boolean | DeviceOptions
  microphone?: boolean | MicrophoneOptions
  /** Largest picture, pixels; 1920 × 1080. */
  maxWidth?: number
  maxHeight?: number
  /** Pictures a second, constant; 30. */
  frameRate?: number
  bubble?: Partial<Bubble>
}

/** One thing that is being captured. `stream` is for previews (`video.srcObject`, muted). */
export type CaptureSource = {
  kind: SourceKind
  label: string
  stream: MediaStream
  live: boolean
}

export type CaptureEvents = {
  /** The user stopped sharing, or a device went away; the others go on. */
  'source-ended': { source: CaptureSource }
  /** Nothing is left to capture. */
  ended: null
  /** The bubble was moved, resized, shown or hidden. */
  arranged: Bubble
}

/** Open sources, composed and mixed; what {@link startRecording} records. */
export interface Capture extends Listeners<CaptureEvents> {
  readonly sources: readonly CaptureSource[]
  readonly hasVideo: boolean
  readonly hasAudio: boolean
  readonly bubble: Readonly<Bubble>
  /** Moves, resizes, shows or hides the camera's bubble; at any time. */
  arrange(change: Partial<Bubble>): void
  /** Loudness of the mix now: peak, 0 to 1. For level meters. */
  level(): number
  /** What encoders take: the pictures of one source, or all sound mixed (48 kHz, stereo). Null where there is none. */
  track(of: 'screen' | 'camera' | 'mix'): MediaStreamTrack | null
  /** Bounds of the encoded picture, and its rate. */
  readonly picture: { maxWidth: number; maxHeight: number; frameRate: number }
  /** Silences one source, or lets it be heard again; at any time. */
  mute(kind: 'screen' | 'microphone', muted: boolean): void
  /** Lets go of all devices. */
  close(): void
}

export type Device = { kind: 'camera' | 'microphone'; deviceId: string; label: string }
