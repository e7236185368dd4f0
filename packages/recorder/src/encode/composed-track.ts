// One track of composed pictures for MediaRecorder: from the worker where the browser can (Chromium), else from a canvas
// of this page, paced by a worker's timer because a hidden tab's own timers run once a second.

import { encodedSize, type Size } from '../capture/bubble.ts'
import type { Capture } from '../capture/source.ts'
import { EncoderError } from './body-encoder.ts'
import { type Drawable, drawPicture } from './picture.ts'
import { captureFrames, openEncodeWorker } from './worker-door.ts'

export type ComposedTrack = { track: MediaStreamTrack; close(): void }

export function composeTrack(capture: Capture): Promise<ComposedTrack> {
  const inWorker = typeof MediaStreamTrackGenerator === 'function' && typeof MediaStreamTrackProcessor === 'function'
  return inWorker ? composeInWorker(capture) : composeOnCanvas(capture)
}

function composeInWorker(capture: Capture): Promise<ComposedTrack> {
  const worker = openEncodeWorker()
  const generator = new MediaStreamTrackGenerator({ kind: 'video' })
  const pictures = captureFrames(capture)
  const unlisten = [
    capture.on('arranged', (bubble) => worker.send({ type: 'arrange', bubble })),
    capture.on('source-ended', ({ source }) => {
      if (source.kind !== 'microphone') worker.send({ type: 'end-source', source: source.kind })
    }),
  ]
  worker.send(
    {
      type: 'compose',
      limit: { width: capture.picture.maxWidth, height: capture.picture.maxHeight },
      frameRate: capture.picture.frameRate,
      bubble: capture.bubble,
      pictures: pictures.map(({ source, frames }) => ({ source, frames })),
      into: generator.writable,
    },
    [...pictures.map(({ frames }) => frames), generator.writable],
  )
  const close = () => {
    for (const stop of unlisten) stop()
    for (const { track } of pictures) track.stop()
    generator.stop()
    worker.close()
  }
  return new Promise((resolve, reject) => {
    worker.on('started', () => resolve({ track: generator, close }))
    worker.on('failed', ({ message }) => {
      close()
      reject(new EncoderError('failed', message))
    })
  })
}

async function composeOnCanvas(capture: Capture): Promise<ComposedTrack> {
  const players = new Map<'screen' | 'camera', HTMLVideoElement>()
  for (const kind of ['screen', 'camera'] as const) {
    const track = capture.track(kind)
    if (track === null || track.readyState === 'ended') continue
    const player = document.createElement('video')
    player.muted = true
    player.playsInline = true
    player.srcObject = new MediaStream([track])
    await player.play().catch(() => {}) // a source that gives no picture yet starts later
    players.set(kind, player)
  }
  const layer = (kind: 'screen' | 'camera'): Drawable | null => {
    const player = players.get(kind)
    if (player === undefined || player.videoWidth === 0) return null
    return { image: player, size: { width: player.videoWidth, height: player.videoHeight } }
  }
  const first = layer('screen') ?? layer('camera')
  const limit: Size = { width: capture.picture.maxWidth, height: capture.picture.maxHeight }
  const canvas = document.createElement('canvas')
  Object.assign(canvas, encodedSize(first?.size ?? { width: 1280, height: 720 }, limit))
  // Without `alpha: false` Chromium encodes an alpha plane as BlockAdditions.
  const context = canvas.getContext('2d', { alpha: false })
  if (context === null) throw new EncoderError('not-supported', 'this browser gives no 2D canvas')
  const draw = () =>
    drawPicture(context, canvas, { screen: layer('screen'), camera: layer('camera'), bubble: capture.bubble })
  draw()
  const stream = canvas.captureStream(capture.picture.frameRate)
  const pulse = startPulse(capture.picture.frameRate, draw)
  const unlisten = capture.on('source-ended', ({ source }) => {
    if (source.kind !== 'microphone') players.delete(source.kind)
  })
  const track = stream.getVideoTracks()[0]!
  return {
    track,
    close() {
      unlisten()
      pulse.stop()
      track.stop()
      for (const player of players.values()) player.srcObject = null
    },
  }
}

/** Calls back at the given rate, also in a hidden tab. */
function startPulse(perSecond: number, beat: () => void): { stop(): void } {
  const worker = new Worker(new URL('./pulse-worker.ts', import.meta.url), { type: 'module', name: 'rushes-pulse' })
  worker.onmessage = beat
  worker.postMessage(1000 / perSecond)
  return { stop: () => worker.terminate() }
}
