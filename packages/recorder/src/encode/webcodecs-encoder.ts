// WebCodecs → fragmented MP4, in a worker of its own (encode-worker.ts); here is the page's side.
import type { Size } from '../capture/bubble.ts'
import type { Capture } from '../capture/source.ts'
import { type BodyEncoder, type BodyEvents, EncoderError } from './body-encoder.ts'
import type { EncoderChoice } from './choose-encoder.ts'
import { MediaNow } from './media-now.ts'
import { type EncodeWorker, followCapture, openEncodeWorker } from './worker-door.ts'

type WebCodecsChoice = Extract<EncoderChoice, { kind: 'webcodecs' }>

/**
 * A fragment ends before each key frame; who watches sees it when it is whole, and stays behind by several
 * (`npm run bench -- live-view`). The bit rate stays as it was set.
 */
const watchedKeyIntervalMs = 250

export function webCodecsEncoder(
  capture: Capture,
  choice: WebCodecsChoice,
  events: BodyEvents,
  keyIntervalMs = 1000,
): BodyEncoder {
  let used = choice
  let picture: Size | null = null
  let worker: EncodeWorker | null = null
  const clock = new MediaNow()
  let stoppedMs: number | null = null
  let release: () => void = () => {}
  let stopping: Promise<void> | null = null

  const fail = (error: EncoderError) => {
    release()
    worker?.close()
    events.onError(error)
  }

  return {
    get choice() {
      return used
    },
    get picture() {
      return picture
    },
    get durationMs() {
      return stoppedMs ?? clock.at(performance.now())
    },
    start() {
      const opened = openEncodeWorker()
      worker = opened
      const followed = followCapture(capture, opened)
      const mix = choice.audio === null ? null : capture.track('mix')
      const soundTrack = mix?.clone() ?? null
      const sound =
        soundTrack === null
          ? null
          : new MediaStreamTrackProcessor({ track: soundTrack as MediaStreamAudioTrack, maxBufferSize: 100 }).readable
      release = () => {
        followed.release()
        soundTrack?.stop()
      }
      opened.send(
        {
          type: 'start',
          choice,
          limit: { width: capture.picture.maxWidth, height: capture.picture.maxHeight },
          frameRate: capture.picture.frameRate,
          keyIntervalMs,
          scene: capture.scene,
          pictures: followed.pictures,
          sound,
        },
        [...followed.pictures.map(({ frames }) => frames), ...(sound ? [sound] : [])],
      )
      opened.on('clock', ({ mediaMs, atMs }) => clock.told(mediaMs, atMs, performance.now()))
      for (const operation of capture.annotations.restate()) opened.send({ type: 'annotate', operation })
      opened.on('annotated', ({ operation }) => events.onAnnotated(operation))
      opened.on('slept', ({ ms }) => events.onSlept(ms))
      opened.on('bytes', ({ bytes, sync }) => events.onBytes(bytes, { sync }))
      return new Promise((resolve, reject) => {
        opened.on('started', ({ audio, size }) => {
          used = { ...choice, audio }
          picture = size
          resolve()
        })
        opened.on('failed', ({ message }) => {
          const error = new EncoderError('failed', message)
          fail(error)
          reject(error)
        })
      })
    },
    watched(watched) {
      worker?.send({
        type: 'key-interval',
        ms: watched ? Math.min(watchedKeyIntervalMs, keyIntervalMs) : keyIntervalMs,
      })
    },
    pause() {
      clock.pause(performance.now())
      worker?.send({ type: 'pause' })
    },
    resume() {
      clock.resume(performance.now())
      worker?.send({ type: 'resume' })
    },
    stop() {
      const opened = worker
      if (opened === null) return Promise.resolve()
      stopping ??= new Promise<void>((resolve) => {
        stoppedMs = clock.at(performance.now())
        const done = () => {
          release()
          opened.close()
          resolve()
        }
        opened.on('stopped', (message) => {
          stoppedMs = message.durationMs
          done()
        })
        opened.on('failed', done)
        if (opened.closed) done()
        else opened.send({ type: 'stop' })
      })
      return stopping
    },
  }
}
