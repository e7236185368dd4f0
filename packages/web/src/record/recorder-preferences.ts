// What people chose the last time, on this device.

export type SourceChoice = 'screen' | 'screen-camera' | 'camera'

export type RecorderPreferences = {
  source: SourceChoice
  microphone: boolean
  systemSound: boolean
  countdown: boolean
  cameraId: string
  microphoneId: string
}

export const defaultPreferences: RecorderPreferences = {
  source: 'screen',
  microphone: true,
  systemSound: true,
  countdown: true,
  cameraId: '',
  microphoneId: '',
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
      if (Object.hasOwn(result, name) && typeof value === typeof result[name]) result[name] = value
    }
  } catch {
    return defaultPreferences // forbidden or spoilt
  }
  if (!['screen', 'screen-camera', 'camera'].includes(result['source'] as string)) {
    result['source'] = defaultPreferences.source
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
