// The encoding worker: composes pictures at a constant rate and makes the body. Its timers and streams go on while the
// tab is hidden, and nothing that the page does can hold them up.
import { Mp4OutputFormat, Output, StreamTarget, type StreamTargetChunk } from 'mediabunny'
import { OperationTimes } from '../annotate/operation-times.ts'
import type { PictureSource } from '../capture/scene.ts'
import { aacUsable } from './aac.ts'
import { AudioLane } from './audio-lane.ts'
import type { ComposeStart, EncodeStart, FromWorker, ToWorker } from './encode-messages.ts'
import { FrameStage } from './frame-stage.ts'
import { MediaClock } from './media-clock.ts'
import { type Metronome, startMetronome } from './metronome.ts'
import { cutAtFragments } from './top-level-boxes.ts'
import { VideoLane } from './video-lane.ts'
import { forgetWrittenSamples } from './written-samples.ts'

/** Of the mix, Hz; capture/audio-mix.ts makes it so. */
const soundRate = 48_000
/** A recording whose main source gives no picture for this long begins without it (black), ms. */
const firstPictureMs = 3000

type Session = {
  /** Of media, now. */
  mediaMs(): number
  keyInterval(ms: number): void
  pause(): void
  resume(): void
  stop(): Promise<void>
}

let session: Session | null = null
/** There before the session is: what comes meanwhile is not lost. */
let stage: FrameStage | null = null
const times = new OperationTimes()

function post(message: FromWorker, transfer: Transferable[] = []): void {
  ;(self as unknown as { postMessage(message: unknown, transfer: Transferable[]): void }).postMessage(message, transfer)
}

/** Of media, now; microseconds are enough. */
function mediaMs(): number {
  return Math.round((session?.mediaMs() ?? 0) * 1000) / 1000
}

function fail(cause: unknown): void {
  post({ type: 'failed', message: cause instanceof Error ? cause.message : String(cause) })
}

const handlers: { [Type in ToWorker['type']]: (message: Extract<ToWorker, { type: Type }>) => void } = {
  prepare: () => void aacUsable(),
  start: (message) => void encode(message).catch(fail),
  compose: (message) => compose(message),
  arrange: (message) => {
    if (stage) stage.scene = message.scene
  },
  'end-source': (message) => stage?.end(message.source),
  'key-interval': ({ ms }) => session?.keyInterval(ms),
  'read-source': ({ source, frames }) => {
    if (stage) readSource(stage, source, frames)
    else frames.cancel().catch(() => {})
  },
  annotate: ({ operation }) => {
    stage?.sheet.apply(operation)
    post({ type: 'annotated', operation: times.timed(operation, mediaMs()) })
  },
  draft: ({ shape }) => {
    if (stage) stage.sheet.draft = shape
    times.draft(shape, mediaMs())
  },
  laser: ({ at }) => {
    stage?.sheet.point(at, performance.now())
    times.laser(at, mediaMs())
  },
  pause: () => session?.pause(),
  resume: () => session?.resume(),
  stop: () => void session?.stop().catch(fail),
}

self.onmessage = (event: MessageEvent<ToWorker>) => {
  const handler = handlers[event.data.type] as (message: ToWorker) => void
  handler(event.data)
}

function openStage(message: ComposeStart | EncodeStart): FrameStage {
  const opened = new FrameStage(message.limit)
  stage = opened
  opened.scene = message.scene
  for (const { source, frames } of message.pictures) readSource(opened, source, frames)
  return opened
}

function readSource(stage: FrameStage, source: PictureSource, frames: ReadableStream<VideoFrame>): void {
  stage.read(source, frames).catch(() => {}) // it broke off: the stage has ended it
}

async function encode(message: EncodeStart): Promise<void> {
  const { choice, frameRate } = message
  const picture = openStage(message)
  const askedAt = performance.now()
  let clock: MediaClock | null = null
  let metronome: Metronome | null = null
  let video: VideoLane | null = null
  let audio: AudioLane | null = null
  let muxing: Promise<unknown> = Promise.resolve()
  let broken = false

  function give(chunk: StreamTargetChunk): void {
    tellClock()
    for (const piece of cutAtFragments(chunk.data)) {
      const bytes = piece.bytes.slice()
      post({ type: 'bytes', bytes, sync: piece.sync }, [bytes.buffer])
    }
    forgetWrittenSamples(output)
  }
  function tellClock(): void {
    const atMs = performance.now()
    if (clock !== null && !clock.paused) post({ type: 'clock', mediaMs: clock.at(atMs), atMs })
  }
  /** The clock, after it has seen whether the machine slept. */
  function awake(): MediaClock | null {
    const nowMs = performance.now()
    const sleptMs = clock?.wake(nowMs) ?? 0
    if (sleptMs > 0) {
      audio?.slept(nowMs)
      video?.wantKey()
      tellClock()
      post({ type: 'slept', ms: sleptMs })
    }
    return clock
  }
  const breakDown = (cause: unknown) => {
    if (broken) return
    broken = true
    fail(cause)
  }

  const output = new Output({
    format: new Mp4OutputFormat({
      fastStart: 'fragmented',
      // With pictures, key frames alone say where to cut: one a second, and one after each pause.
      minimumFragmentDuration: choice.video === null ? 0.95 : 0.2,
    }),
    target: new StreamTarget(new WritableStream<StreamTargetChunk>({ write: give })),
  })
  if (choice.video !== null) {
    const lane = new VideoLane(
      choice.video,
      frameRate,
      message.keyIntervalMs,
      (packet, meta) => {
        muxing = muxing.then(() => lane.source.add(packet, meta)).catch(breakDown)
      },
      breakDown,
    )
    video = lane
    output.addVideoTrack(lane.source, { frameRate })
  }
  let audioCodec = choice.audio
  if (audioCodec !== null && message.sound !== null) {
    if (audioCodec === 'aac' && !(await aacUsable())) audioCodec = 'opus'
    audio = new AudioLane(audioCodec, soundRate, awake, breakDown)
    output.addAudioTrack(audio.source)
    audio.read(message.sound).catch(() => {}) // the track ended; silence follows
  }
  await output.start()

  function begin(): void {
    clock = new MediaClock(performance.now())
    tellClock()
    post({ type: 'started', audio: audioCodec, size: picture.size })
    metronome?.reset() // picture 0 at once
  }

  let composing: Promise<void> | null = null
  /** The newest picture that was not yet composed: where one takes longer than its time, others are left out. */
  let due: number | null = null
  async function composeDue(lane: VideoLane): Promise<void> {
    try {
      while (due !== null) {
        const index = due
        due = null
        const frame = await picture.compose(Math.round((index * 1e6) / frameRate), Math.round(1e6 / frameRate))
        if (frame !== null) lane.encode(frame, index)
      }
    } finally {
      composing = null
    }
  }

  let configuring = false
  function beat(index: number): void {
    if (clock === null) {
      const waited = performance.now() - askedAt > firstPictureMs
      const sourcesReady = (video === null || picture.ready) && (audio === null || audio.caughtUp)
      if (!sourcesReady && !waited) return
      if (video === null) {
        begin()
        return
      }
      if (configuring) return
      configuring = true
      video.configure(picture.settle()).then(begin, breakDown)
      return
    }
    audio?.fillHole(performance.now())
    if (video === null || broken) return
    due = index
    composing ??= composeDue(video).catch(breakDown)
  }
  metronome = startMetronome(awake, frameRate, beat)

  session = {
    mediaMs: () => Math.max(0, awake()?.at(performance.now()) ?? 0),
    keyInterval(ms) {
      if (video !== null) video.keyInterval = ms
    },
    pause() {
      awake()?.pause(performance.now())
    },
    resume() {
      clock?.resume(performance.now())
      tellClock()
      video?.wantKey()
      metronome?.reset()
    },
    async stop() {
      metronome?.stop()
      const durationMs = awake()?.at(performance.now()) ?? 0
      clock?.pause(performance.now())
      await composing
      await video?.finish()
      if (audio !== null && clock !== null) {
        const missing = durationMs - audio.positionMs
        if (missing > 0 && video !== null) audio.silence(Math.min(missing, 5000))
        await audio.finish()
      }
      await muxing
      picture.close()
      if (clock === null) await output.cancel()
      else await output.finalize()
      post({ type: 'stopped', durationMs })
    },
  }
}

function compose(message: ComposeStart): void {
  const picture = openStage(message)
  const clock = new MediaClock(performance.now())
  const writer = message.into.getWriter()
  let started = false
  let writing = false
  const metronome = startMetronome(
    () => clock,
    message.frameRate,
    (index) => {
      if (picture.size === null && picture.ready) picture.settle()
      if (writing || picture.size === null) return
      writing = true
      write(index)
        .catch(fail)
        .finally(() => {
          writing = false
        })
    },
  )
  async function write(index: number): Promise<void> {
    const frame = await picture.compose(
      Math.round((index * 1e6) / message.frameRate),
      Math.round(1e6 / message.frameRate),
    )
    if (frame === null) return
    if (!started) post({ type: 'started', audio: null, size: picture.size })
    started = true
    await writer.write(frame).catch(() => {
      frame.close()
      metronome.stop() // the track was stopped
    })
  }
  session = {
    mediaMs: () => clock.at(performance.now()),
    keyInterval() {},
    pause() {},
    resume() {},
    async stop() {
      metronome.stop()
      picture.close()
      await writer.close().catch(() => {})
      post({ type: 'stopped', durationMs: 0 })
    },
  }
}
