import type { CameraOptions, CaptureError, CaptureOptions, DeviceOptions } from '@rushes/recorder'
import type { RecorderPreferences } from './recorder-preferences.ts'

/** What is to be opened, of what was chosen. */
export function captureOptions(preferences: RecorderPreferences): CaptureOptions {
  const { source, microphone, systemSound, bubbleShape, bubbleSize, bubbleMirrored, pictureSide } = preferences
  const camera = source === 'camera' || source === 'screen-camera'
  return {
    ...((source === 'screen' || source === 'screen-camera') && { screen: { audio: systemSound } }),
    ...(camera && { camera: cameraOptions(preferences) }),
    ...(camera && preferences.secondCamera && { secondCamera: device(preferences.secondCameraId) }),
    ...(microphone && {
      microphone: { ...device(preferences.microphoneId), noiseSuppression: preferences.noiseSuppression },
    }),
    ...(source === 'page' && { page: true }),
    maxWidth: Math.round((pictureSide * 16) / 9),
    maxHeight: pictureSide,
    frameRate: preferences.frameRate,
    bubble: { shape: bubbleShape, size: bubbleSize, mirrored: bubbleMirrored },
    scene: { clean: preferences.clean },
    gains: { microphone: preferences.microphoneGain, screen: preferences.systemGain },
  }
}

/** The same without what asks the user each time: to be looked at and listened to beforehand. */
export function checkOptions(preferences: RecorderPreferences): CaptureOptions {
  const { screen: _screen, page: _page, ...devices } = captureOptions(preferences)
  return devices
}

export function wantsCheck({ microphone, source }: RecorderPreferences): boolean {
  return microphone || source === 'camera' || source === 'screen-camera'
}

/** What can be recorded without a device that was refused or is not there; null where too little is left. */
export function withoutDevice(
  options: CaptureOptions,
  refused: CaptureError['source'],
): { words: string; capture: CaptureOptions } | null {
  const { microphone: _microphone, ...silent } = options
  const { camera: _camera, secondCamera: _second, ...unseen } = options
  const { screen, page, camera } = options
  if (refused === 'microphone' && (screen || page || camera)) {
    return { words: 'Record without the microphone', capture: silent }
  }
  if (refused === 'camera' && (screen || page)) return { words: 'Record without the camera', capture: unseen }
  return null
}

function cameraOptions({ cameraId, facing }: RecorderPreferences): CameraOptions {
  return facing === '' ? device(cameraId) : { facing }
}

function device(deviceId: string): DeviceOptions {
  return deviceId === '' ? {} : { deviceId }
}
