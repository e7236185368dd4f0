// MediaRecorder, where WebCodecs is missing. Pictures are composed to a constant size first, so that no body breaks when a
// window is resized; and since it gives no key frame at a resume, pictures go on while the recorder is paused.
import type { AnnotationOperation } from '../annotate/annotation.ts'
import { OperationTimes } from '../annotate/operation-times.ts'
import type { Capture } from '../capture/source.ts'
import { type BodyEncoder, type BodyEvents, EncoderError } from './body-encoder.ts'
import { bodyHead } from './body-head.ts'
import type { EncoderChoice } from './choose-encoder.ts'
import { type ComposedTrack, composeTrack } from './composed-track.ts'

type MediaRecorderChoice = Extract<EncoderChoice, { kind: 'mediarecorder' }>
type KeyedOptions = MediaRecorderOptions & { videoKeyFrameIntervalDuration?: number }

export function mediaRecorderEncoder(capture: Capture, choice: MediaRecorderChoice, events: BodyEvents): BodyEncoder {
  let recorder: MediaRecorder | null = null
  let composed: ComposedTrack | null = null
  let sound: MediaStreamTrack | null = null
  let startedAt: number | null = null
  let pausedAt: number | null = null
  let pausedMs = 0
  let endedAt: number | null = null
  let stopping: Promise<void> | null = null
  let unlisten: () => void = () => {}
  // Blobs are read in turn: a later one may be ready before an earlier one.
  let reading: Promise<void> = Promise.resolve()
  const head = bodyHead()

  function take(blob: Blob): void {
    if (blob.size === 0) return
    reading = reading
      .then(() => blob.arrayBuffer())
      .then((buffer) => {
        for (const piece of head.push(new Uint8Array(buffer))) events.onBytes(piece.bytes, { sync: piece.sync })
      })
      .catch((cause: unknown) => fail(cause))
  }

  function release(): void {
    unlisten()
    composed?.close()
    sound?.stop()
  }

  function fail(cause: unknown): void {
    release()
    const text = cause instanceof Error ? cause.message : String(cause)
    events.onError(new EncoderError('failed', `MediaRecorder gave up: ${text}`, { cause }))
  }

  return {
    choice,
    get picture() {
      return composed?.size ?? null
    },
    get durationMs() {
      return startedAt === null ? 0 : (endedAt ?? pausedAt ?? performance.now()) - startedAt - pausedMs
    },
    async start() {
      const stream = new MediaStream()
      if (capture.hasVideo) {
        composed = await composeTrack(capture)
        stream.addTrack(composed.track)
      }
      sound = capture.track('mix')?.clone() ?? null
      if (sound !== null) stream.addTrack(sound)
      const wanted: KeyedOptions = {
        mimeType: choice.mimeType,
        audioBitsPerSecond: 128_000,
        videoKeyFrameIntervalDuration: choice.keyIntervalMs,
      }
      try {
        recorder = new MediaRecorder(stream, wanted)
      } catch (cause) {
        release()
        throw new EncoderError('not-supported', `MediaRecorder refuses ${choice.mimeType}`, { cause })
      }
      recorder.ondataavailable = (event) => take(event.data)
      recorder.onerror = (event) => fail((event as Event & { error?: unknown }).error ?? 'no reason given')
      recorder.start(choice.timesliceMs)
      startedAt = performance.now()
      const times = new OperationTimes()
      const now = () => Math.round((pausedAt ?? performance.now()) - startedAt! - pausedMs)
      const tell = (operation: AnnotationOperation) => events.onAnnotated(times.timed(operation, now()))
      const { annotations } = capture
      for (const operation of annotations.restate()) tell(operation)
      const ends = [
        annotations.on('operation', tell),
        annotations.on('draft', (shape) => times.draft(shape, now())),
        annotations.on('laser', (at) => times.laser(at, now())),
      ]
      unlisten = () => {
        for (const end of ends) end()
      }
    },
    // It gives out what it has every 250 ms as it is, and key frames can't be asked for.
    watched() {},
    pause() {
      if (recorder?.state !== 'recording') return
      recorder.requestData() // what was made so far is safe through a long pause
      recorder.pause()
      pausedAt = performance.now()
    },
    resume() {
      if (recorder?.state !== 'paused' || pausedAt === null) return
      recorder.resume()
      pausedMs += performance.now() - pausedAt
      pausedAt = null
    },
    stop() {
      stopping ??= (async () => {
        const running = recorder
        if (running === null) {
          release()
          return
        }
        endedAt = pausedAt ?? performance.now()
        if (running.state !== 'inactive') {
          const stopped = new Promise((resolve) => running.addEventListener('stop', resolve, { once: true }))
          running.stop()
          await stopped
        }
        await reading
        for (const piece of head.finish()) events.onBytes(piece.bytes, { sync: piece.sync })
        release()
      })()
      return stopping
    },
  }
}
