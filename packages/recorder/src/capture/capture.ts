import { prepareEncodeWorker } from '../encode/worker-door.ts'
import { prepareSpools } from '../spool/spools.ts'
import { CaptureError } from './capture-error.ts'
import { openCamera, openMicrophone, openScreen } from './devices.ts'
import { OpenSources } from './open-sources.ts'
import { changedScene, defaultScene } from './scene.ts'
import type { Capture, CaptureOptions, CaptureSource, SourceKind } from './source.ts'

/**
 * Opens screen, cameras and microphone, as the options say, in the order in which browsers want it: the screen's dialogue
 * first, since it needs the user's click to be fresh. All or nothing: where one is refused, the others are let go.
 *
 * @throws CaptureError
 */
export async function openCapture(options: CaptureOptions): Promise<Capture> {
  const { screen, camera, secondCamera, microphone, page } = options
  if (!screen && !camera && !secondCamera && !microphone && !page) {
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
    if (screen) add('screen', await openScreen(screen === true ? {} : screen, picture))
    if (camera) add('camera', await openCamera(camera === true ? {} : camera, picture))
    if (secondCamera) add('second-camera', await openCamera(secondCamera, picture))
    if (microphone) add('microphone', await openMicrophone(microphone === true ? {} : microphone))
  } catch (fault) {
    for (const source of sources) for (const track of source.stream.getTracks()) track.stop()
    throw fault
  }
  const wished = changedScene(defaultScene, { ...(page && { main: 'page' }), ...options.scene })
  const scene = changedScene(wished, { bubbles: { camera: options.bubble ?? {} } })
  return new OpenSources(sources, picture, scene, options.gains ?? {})
}
