// What the page and the encoding worker say to each other.
import type { Bubble, Size } from '../capture/bubble.ts'
import type { EncoderChoice } from './choose-encoder.ts'
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
  | EncodeStart
  | ComposeStart
  | { type: 'arrange'; bubble: Bubble }
  | { type: 'end-source'; source: PictureSource }
  | { type: 'pause' }
  | { type: 'resume' }
  | { type: 'stop' }

export type FromWorker =
  | { type: 'started' }
  | { type: 'bytes'; bytes: Uint8Array<ArrayBuffer>; sync: boolean; durationMs: number }
  | { type: 'stopped'; durationMs: number }
  | { type: 'failed'; message: string }
