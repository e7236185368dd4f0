// One track of composed pictures for MediaRecorder: from the worker where the browser can (Chromium), else from a canvas
// of this page, paced by a worker's timer because a hidden tab's own timers run once a second.

import { AnnotationPainter } from '../annotate/painter.ts'
import { encodedSize, type Size } from '../capture/bubble.ts'
import { mainSource, type PictureSource, pictureSources, shownPart } from '../capture/scene.ts'
import type { Capture } from '../capture/source.ts'
import { EncoderError } from './body-encoder.ts'
import { type Drawable, drawScene } from './picture.ts'
import { followCapture, openEncodeWorker } from './worker-door.ts'

export type ComposedTrack = { track: MediaStreamTrack; size: Size; close(): void }

export function composeTrack(capture: Capture): Promise<ComposedTrack> {
  const inWorker = typeof MediaStreamTrackGenerator === 'function' && typeof MediaStreamTrackProcessor === 'function'
  return inWorker ? composeInWorker(capture) : composeOnCanvas(capture)
}

function composeInWorker(capture: Capture): Promise<ComposedTrack> {
  const worker = openEncodeWorker()
  const generator = new MediaStreamTrackGenerator({ kind: 'video' })
  const followed = followCapture(capture, worker)
  worker.send(
    {
      type: 'compose',
      limit: { width: capture.picture.maxWidth, height: capture.picture.maxHeight },
      frameRate: capture.picture.frameRate,
      scene: capture.scene,
      pictures: followed.pictures,
      into: generator.writable,
    },
    [...followed.pictures.map(({ frames }) => frames), generator.writable],
  )
  for (const operation of capture.annotations.restate()) worker.send({ type: 'annotate', operation })
  const close = () => {
    followed.release()
    generator.stop()
    worker.close()
  }
  return new Promise((resolve, reject) => {
    worker.on('started', ({ size }) => resolve({ track: generator, size: size!, close }))
    worker.on('failed', ({ message }) => {
      close()
      reject(new EncoderError('failed', message))
    })
  })
}

async function composeOnCanvas(capture: Capture): Promise<ComposedTrack> {
  const players = new Map<PictureSource, HTMLVideoElement>()
  async function play(source: PictureSource): Promise<void> {
    const track = capture.track(source)
    if (track === null || track.readyState === 'ended') return
    const player = players.get(source) ?? document.createElement('video')
    player.muted = true
    player.playsInline = true
    player.srcObject = new MediaStream([track])
    players.set(source, player)
    await player.play().catch(() => {}) // a source that gives no picture yet starts later
  }
  const end = (source: PictureSource) => {
    const player = players.get(source)
    if (player !== undefined) player.srcObject = null
    players.delete(source)
  }
  for (const source of pictureSources) await play(source)
  const layers = () =>
    new Map<PictureSource, Drawable>(
      [...players].flatMap(([source, player]) =>
        player.videoWidth === 0
          ? []
          : [[source, { image: player, size: { width: player.videoWidth, height: player.videoHeight } }]],
      ),
    )
  const size = startSize(capture, layers())
  const canvas = document.createElement('canvas')
  Object.assign(canvas, size)
  // Without `alpha: false` Chromium encodes an alpha plane as BlockAdditions.
  const context = canvas.getContext('2d', { alpha: false })
  if (context === null) throw new EncoderError('not-supported', 'this browser gives no 2D canvas')
  const painter = new AnnotationPainter({ onPicture: true })
  const draw = () => {
    drawScene(context, canvas, capture.scene, layers())
    if (!capture.scene.clean) painter.paint(context, canvas, capture.annotations.view())
  }
  draw()
  const stream = canvas.captureStream(capture.picture.frameRate)
  const pulse = startPulse(capture.picture.frameRate, draw)
  const unlisten = [
    capture.on('source-ended', ({ source }) => {
      if (source.kind !== 'microphone') end(source.kind)
    }),
    capture.on('source-changed', ({ source: { kind, live } }) => {
      if (kind === 'microphone') return
      if (live) void play(kind)
      else end(kind)
    }),
  ]
  const track = stream.getVideoTracks()[0]!
  return {
    track,
    size,
    close() {
      for (const stop of unlisten) stop()
      pulse.stop()
      track.stop()
      for (const source of pictureSources) end(source)
    },
  }
}

function startSize(capture: Capture, layers: ReadonlyMap<PictureSource, Drawable>): Size {
  const limit: Size = { width: capture.picture.maxWidth, height: capture.picture.maxHeight }
  const main = mainSource(capture.scene, (source) => layers.has(source))
  if (main === null) return encodedSize({ width: 1280, height: 720 }, limit)
  return encodedSize(shownPart(capture.scene, main, layers.get(main)!.size), limit)
}

/** Calls back at the given rate, also in a hidden tab. */
function startPulse(perSecond: number, beat: () => void): { stop(): void } {
  const worker = new Worker(new URL('./pulse-worker.ts', import.meta.url), { type: 'module', name: 'rushes-pulse' })
  worker.onmessage = beat
  worker.postMessage(1000 / perSecond)
  return { stop: () => worker.terminate() }
}
