import { describe, expect, it } from 'vitest'
import { defaultPreferences, loadPreferences, savePreferences } from './recorder-preferences.ts'

function storageWith(text: string | null) {
  let value = text
  return {
    getItem: () => value,
    setItem(_key: string, next: string) {
      value = next
    },
  }
}

describe('recorder preferences', () => {
  it('come back as they were chosen', () => {
    const storage = storageWith(null)
    const chosen = {
      ...defaultPreferences,
      source: 'camera' as const,
      countdown: false,
      cameraId: 'abc',
      bubbleShape: 'rectangle' as const,
    }
    savePreferences(storage, chosen)
    expect(loadPreferences(storage)).toEqual(chosen)
  })

  it.each([
    'no json',
    '[]',
    'null',
    '7',
    '{"source":"moon"}',
    '{"countdown":"yes"}',
    '{"__proto__":{"source":"camera"}}',
    '{"bubbleSize":-3,"microphoneGain":1e9,"frameRate":7,"facing":"up"}',
    '{"constructor":"x","toString":"y"}',
  ])('fall back where %s is stored', (text) => {
    expect(loadPreferences(storageWith(text))).toEqual(defaultPreferences)
  })
})
