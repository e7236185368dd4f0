// What people chose the last time, on this device.
import type { BubbleShape } from '@rushes/recorder'

export type SourceChoice = 'screen' | 'screen-camera' | 'camera' | 'page'

export type RecorderPreferences = {
  source: SourceChoice
  microphone: boolean
  systemSound: boolean
  countdown: boolean
  cameraId: string
  /** On phones: which way the camera looks; empty where a camera was chosen by name. */
  facing: '' | 'front' | 'back'
  secondCamera: boolean
  secondCameraId: string
  microphoneId: string
  noiseSuppression: boolean
  /** 1 is as it comes. */
  microphoneGain: number
  systemGain: number
  bubbleShape: BubbleShape
  bubbleSize: number
  bubbleMirrored: boolean
  /** Shorter side of the largest picture, pixels. */
  pictureSide: number
  frameRate: number
  /** What is drawn is kept beside the picture instead of in it. */
  clean: boolean
}

export const defaultPreferences: RecorderPreferences = {
  source: 'screen',
  microphone: true,
  systemSound: true,
  countdown: true,
  cameraId: '',
  facing: '',
  secondCamera: false,
  secondCameraId: '',
  microphoneId: '',
  noiseSuppression: true,
  microphoneGain: 1,
  systemGain: 1,
  bubbleShape: 'circle',
  bubbleSize: 0.25,
  bubbleMirrored: true,
  pictureSide: 1080,
  frameRate: 30,
  clean: false,
}

/** What makes sense, beyond being of the right type. */
const sensible: { [Name in keyof RecorderPreferences]?: (value: RecorderPreferences[Name]) => boolean } = {
  source: (value) => ['screen', 'screen-camera', 'camera', 'page'].includes(value),
  facing: (value) => ['', 'front', 'back'].includes(value),
  bubbleShape: (value) => ['circle', 'rounded', 'rectangle'].includes(value),
  bubbleSize: (value) => value >= 0.05 && value <= 1,
  microphoneGain: (value) => value >= 0 && value <= 4,
  systemGain: (value) => value >= 0 && value <= 4,
  pictureSide: (value) => [720, 1080, 2160].includes(value),
  frameRate: (value) => [15, 30, 60].includes(value),
}

const key = 'rushes.recorder'

type PreferenceStorage = Pick<Storage, 'getItem' | 'setItem'>

/** What is stored and makes sense; the defaults for the rest. */
export function loadPreferences(storage: PreferenceStorage): RecorderPreferences {
  const result: Record<string, unknown> = { ...defaultPreferences }
  try {
    const stored: unknown = JSON.parse(storage.getItem(key) ?? '{}')
    if (typeof stored !== 'object' || stored === null) return defaultPreferences
    for (const [name, value] of Object.entries(stored)) {
      if (!Object.hasOwn(defaultPreferences, name) || typeof value !== typeof result[name]) continue
      const makesSense = sensible[name as keyof RecorderPreferences] as ((value: unknown) => boolean) | undefined
      if (makesSense?.(value) !== false) result[name] = value
    }
  } catch {
    return defaultPreferences // forbidden or spoilt
  }
  return result as RecorderPreferences
}

export function savePreferences(storage: PreferenceStorage, preferences: RecorderPreferences): void {
  try {
    storage.setItem(key, JSON.stringify(preferences))
  } catch {
    // Full or forbidden: chosen anew the next time.
  }
}

export function keptPreferences(): RecorderPreferences {
  return loadPreferences(localStorage)
}

/** Remembers what was changed while recording. */
export function keepPreference(change: Partial<RecorderPreferences>): void {
  savePreferences(localStorage, { ...keptPreferences(), ...change })
}
