import { CaptureError, captureError } from './capture-error.ts'
import type { CameraOptions, Device, MicrophoneOptions, ScreenOptions } from './source.ts'

/** Cameras and microphones; labels are empty until the user has once allowed a capture. @throws CaptureError */
export async function listDevices(): Promise<Device[]> {
  const devices = await mediaDevices()
    .enumerateDevices()
    .catch((cause: unknown) => {
      throw captureError(null, cause)
    })
  const kinds: Partial<Record<MediaDeviceKind, Device['kind']>> = { videoinput: 'camera', audioinput: 'microphone' }
  return devices.flatMap(({ kind, deviceId, label }) => {
    const known = kinds[kind]
    return known === undefined ? [] : [{ kind: known, deviceId, label }]
  })
}

export function mediaDevices(): MediaDevices {
  // Only secure contexts have it: https, or http on localhost.
  if (globalThis.isSecureContext === false || !navigator.mediaDevices) {
    throw new CaptureError('not-supported', null, 'capturing needs https (or localhost) and a browser that can')
  }
  return navigator.mediaDevices
}

type DisplayOptions = DisplayMediaStreamOptions & {
  // Screen Capture, Chromium's additions
  preferCurrentTab?: boolean
  selfBrowserSurface?: 'include' | 'exclude'
  surfaceSwitching?: 'include' | 'exclude'
  systemAudio?: 'include' | 'exclude'
}

export async function openScreen(options: ScreenOptions, picture: { frameRate: number }): Promise<MediaStream> {
  const devices = mediaDevices()
  if (typeof devices.getDisplayMedia !== 'function') {
    throw new CaptureError('not-supported', 'screen', 'this browser cannot capture a screen')
  }
  const audio = options.audio ?? true
  const wanted: DisplayOptions = {
    video: {
      frameRate: { ideal: picture.frameRate },
      ...(options.surface !== undefined && { displaySurface: options.surface }),
    },
    // The sound of a film, not of a call: nothing is to be filtered out of it.
    audio: audio && { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    selfBrowserSurface: options.thisTab ? 'include' : 'exclude',
    surfaceSwitching: 'include',
    systemAudio: audio ? 'include' : 'exclude',
    ...(options.thisTab && { preferCurrentTab: true }),
  }
  const stream = await devices.getDisplayMedia(wanted).catch((cause: unknown) => {
    throw captureError('screen', cause)
  })
  if (options.element !== undefined) await cropTo(stream, options.element)
  return stream
}

type CroppableTrack = MediaStreamTrack & { cropTo?(target: unknown): Promise<void> }
type CropTargetMaker = { fromElement(element: Element): Promise<unknown> }

/** Region Capture §4: only of the page's own tab, and before the track is cloned. Anything else is shown whole. */
async function cropTo(stream: MediaStream, element: Element): Promise<void> {
  const maker = (globalThis as { CropTarget?: CropTargetMaker }).CropTarget
  const track: CroppableTrack | undefined = stream.getVideoTracks()[0]
  if (maker === undefined || track?.cropTo === undefined) return
  await track.cropTo(await maker.fromElement(element)).catch(() => {}) // another tab was picked
}

const facingModes = { front: 'user', back: 'environment' } as const

export async function openCamera(
  options: CameraOptions,
  picture: { maxWidth: number; maxHeight: number; frameRate: number },
): Promise<MediaStream> {
  const video: MediaTrackConstraints = {
    width: { ideal: Math.min(1280, picture.maxWidth) },
    height: { ideal: Math.min(720, picture.maxHeight) },
    frameRate: { ideal: picture.frameRate },
    ...(options.deviceId !== undefined && { deviceId: { exact: options.deviceId } }),
    // Not exact: a computer's one camera looks nowhere in particular.
    ...(options.facing !== undefined && { facingMode: { ideal: facingModes[options.facing] } }),
  }
  return mediaDevices()
    .getUserMedia({ video })
    .catch((cause: unknown) => {
      throw captureError('camera', cause)
    })
}

export async function openMicrophone(options: MicrophoneOptions): Promise<MediaStream> {
  const audio: MediaTrackConstraints = {
    echoCancellation: options.echoCancellation ?? true,
    noiseSuppression: options.noiseSuppression ?? true,
    autoGainControl: true,
    ...(options.deviceId !== undefined && { deviceId: { exact: options.deviceId } }),
  }
  return mediaDevices()
    .getUserMedia({ audio })
    .catch((cause: unknown) => {
      throw captureError('microphone', cause)
    })
}
