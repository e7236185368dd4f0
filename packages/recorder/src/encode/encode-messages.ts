// What the page and the encoding worker say to each other.
import type { AnnotationOperation, Shape, TimedOperation } from '../annotate/annotation.ts'
import type { Point, Size } from '../capture/bubble.ts'
import type { PictureSource, Scene } from '../capture/scene.ts'
import type { AudioCodec, EncoderChoice } from './choose-encoder.ts'

export type SourceFrames = { source: PictureSource; frames: ReadableStream<VideoFrame> }

export type EncodeStart = {
  type: 'start'
  choice: Extract<EncoderChoice, { kind: 'webcodecs' }>
  limit: Size
  frameRate: number
  keyIntervalMs: number
  scene: Scene
  pictures: SourceFrames[]
  sound: ReadableStream<AudioData> | null
}

/** Composed pictures for a track that MediaRecorder takes. */
export type ComposeStart = {
  type: 'compose'
  limit: Size
  frameRate: number
  scene: Scene
  pictures: SourceFrames[]
  into: WritableStream<VideoFrame>
}

export type ToWorker =
  /** Load what will be needed, so that a recording can begin without the server. */
  | { type: 'prepare' }
  | EncodeStart
  | ComposeStart
  | { type: 'arrange'; scene: Scene }
  /** The source gives its pictures here from now on. */
  | ({ type: 'read-source' } & SourceFrames)
  | { type: 'annotate'; operation: AnnotationOperation }
  | { type: 'draft'; shape: Shape | null }
  | { type: 'laser'; at: Point | null }
  | { type: 'end-source'; source: PictureSource }
  | { type: 'key-interval'; ms: number }
  | { type: 'pause' }
  | { type: 'resume' }
  | { type: 'stop' }

export type FromWorker =
  /** `audio`: the codec that is used, which may be another than the one that was chosen; `size`: of the picture. */
  | { type: 'started'; audio: AudioCodec | null; size: Size | null }
  /** While the clock runs: what it showed at `atMs` of the worker's own. */
  | { type: 'clock'; mediaMs: number; atMs: number }
  /** The machine slept until now, which is left out. */
  | { type: 'slept'; ms: number }
  | { type: 'bytes'; bytes: Uint8Array<ArrayBuffer>; sync: boolean }
  /** What was told, with the time of media at which it was drawn. */
  | { type: 'annotated'; operation: TimedOperation }
  | { type: 'stopped'; durationMs: number }
  | { type: 'failed'; message: string }
