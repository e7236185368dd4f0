// What the page and the encoding worker say to each other.
import type { Bubble, Size } from '../capture/bubble.ts'
import type { AudioCodec, EncoderChoice } from './choose-encoder.ts'
import type { PictureSource } from './frame-stage.ts'

export type EncodeStart = {
  type: 'start'
  choice: Extract<EncoderChoice, { kind: 'webcodecs' }>
  limit: Size
  frameRate: number
  keyIntervalMs: number
  bubble: Bubble
  pictures: { source: PictureSource; frames: ReadableStream<VideoFrame> }[]
  sound: ReadableStream<AudioData> | null
}

/** Composed pictures for a track that MediaRecorder takes. */
export type ComposeStart = {
  type: 'compose'
  limit: Size
  frameRate: number
  bubble: Bubble
  pictures: { source: PictureSource; frames: ReadableStream<VideoFrame> }[]
  into: WritableStream<VideoFrame>
}

export type ToWorker =
  /** Load what will be needed, so that a recording can begin without the server. */
  | { type: 'prepare' }
  | EncodeStart
  | ComposeStart
  | { type: 'arrange'; bubble: Bubble }
  | { type: 'end-source'; source: PictureSource }
  | { type: 'key-interval'; ms: number }
  | { type: 'pause' }
  | { type: 'resume' }
  | { type: 'stop' }

export type FromWorker =
  /** `audio`: the codec that is used, which may be another than the one that was chosen. */
  | { type: 'started'; audio: AudioCodec | null }
  /** While the clock runs: what it showed at `atMs` of the worker's own. */
  | { type: 'clock'; mediaMs: number; atMs: number }
  | { type: 'bytes'; bytes: Uint8Array<ArrayBuffer>; sync: boolean }
  | { type: 'stopped'; durationMs: number }
  | { type: 'failed'; message: string }
