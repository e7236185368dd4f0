// WebCodecs → fragmented MP4, in a worker of its own (encode-worker.ts); here is the page's side.
import type { Size } from '../capture/bubble.ts'
import type { Capture } from '../capture/source.ts'
import { type BodyEncoder, type BodyEvents, EncoderError } from './body-encoder.ts'
import type { EncoderChoice } from './choose-encoder.ts'
import { type EncodeWorker, followCapture, openEncodeWorker } from './worker-door.ts'

type WebCodecsChoice = Extract<EncoderChoice, { kind: 'webcodecs' }>

export function webCodecsEncoder(
  capture: Capture,
  choice: WebCodecsChoice,
  events: BodyEvents,
  keyIntervalMs = 1000,
): BodyEncoder {
  let used = choice
  let picture: Size | null = null
  let worker: EncodeWorker | null = null
  let durationMs = 0
  let pausedMs = 0
  let pausedAt: number | null = null
  let startedAt: number | null = null
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
      if (startedAt === null) return 0
      return stopping === null ? (pausedAt ?? performance.now()) - startedAt - pausedMs : durationMs
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
      for (const operation of capture.annotations.restate()) opened.send({ type: 'annotate', operation })
      opened.on('annotated', ({ operation }) => events.onAnnotated(operation))
      opened.on('bytes', ({ bytes, sync }) => events.onBytes(bytes, { sync }))
      return new Promise((resolve, reject) => {
        opened.on('started', ({ audio, size }) => {
          used = { ...choice, audio }
          picture = size
          startedAt = performance.now()
          resolve()
        })
        opened.on('failed', ({ message }) => {
          const error = new EncoderError('failed', message)
          fail(error)
          reject(error)
        })
      })
    },
    pause() {
      pausedAt ??= performance.now()
      worker?.send({ type: 'pause' })
    },
    resume() {
      if (pausedAt === null) return
      pausedMs += performance.now() - pausedAt
      pausedAt = null
      worker?.send({ type: 'resume' })
    },
    stop() {
      const opened = worker
      if (opened === null) return Promise.resolve()
      stopping ??= new Promise<void>((resolve) => {
        durationMs = startedAt === null ? 0 : (pausedAt ?? performance.now()) - startedAt - pausedMs
        const done = () => {
          release()
          opened.close()
          resolve()
        }
        opened.on('stopped', (message) => {
          durationMs = message.durationMs
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
