// In the worker: keeps the newest frame of each source and makes one picture of them whenever it is asked.
import { type Bubble, defaultBubble, encodedSize, type Size } from '../capture/bubble.ts'
import { type Drawable, drawPicture } from './picture.ts'

export type PictureSource = 'screen' | 'camera'

export class FrameStage {
  bubble: Bubble = { ...defaultBubble }
  readonly #limit: Size
  readonly #newest = new Map<PictureSource, VideoFrame>()
  readonly #readers = new Map<PictureSource, ReadableStreamDefaultReader<VideoFrame>>()
  #size: Size | null = null
  #context: OffscreenCanvasRenderingContext2D | null = null

  constructor(limit: Size) {
    this.#limit = limit
  }

  /** Null until it was settled. */
  get size(): Size | null {
    return this.#size
  }

  /** Reads frames until the source ends; only the newest is kept, the others are let go at once. */
  async read(source: PictureSource, frames: ReadableStream<VideoFrame>): Promise<void> {
    const reader = frames.getReader()
    this.#readers.set(source, reader)
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        if (!this.#readers.has(source)) {
          value.close()
          return
        }
        this.#newest.get(source)?.close()
        this.#newest.set(source, value)
      }
    } finally {
      this.end(source)
    }
  }

  /** Shows no more of it, and reads no more. */
  end(source: PictureSource): void {
    this.#readers
      .get(source)
      ?.cancel()
      .catch(() => {})
    this.#readers.delete(source)
    this.#newest.get(source)?.close()
    this.#newest.delete(source)
  }

  /** True when there is something to show: the main source's first frame, or a camera that has no screen to wait for. */
  get ready(): boolean {
    return this.#newest.has('screen') || (!this.#readers.has('screen') && this.#newest.has('camera'))
  }

  /** Decides the size, for good: the main source's, or 720p (black) where there is no picture yet. */
  settle(): Size {
    const whole = this.#newest.get('screen') ?? this.#newest.get('camera')
    const source = whole ? { width: whole.displayWidth, height: whole.displayHeight } : { width: 1280, height: 720 }
    this.#size ??= encodedSize(source, this.#limit)
    return this.#size
  }

  /** The picture for `timestamp` (µs); the caller closes it. Null before {@link settle}. */
  compose(timestamp: number, duration: number): VideoFrame | null {
    if (this.#size === null) return null
    const screen = this.#newest.get('screen') ?? null
    const camera = this.#newest.get('camera') ?? null
    const whole = screen ?? camera
    const alone = whole !== null && (screen === null || camera === null || !this.bubble.visible)
    if (alone && isOpaque(whole) && sameSize(whole, this.#size)) {
      return new VideoFrame(whole, { timestamp, duration }) // shares the pixels: no copy
    }
    this.#context ??= new OffscreenCanvas(this.#size.width, this.#size.height).getContext('2d', { alpha: false })
    if (this.#context === null) throw new Error('no 2D canvas in this worker')
    drawPicture(this.#context, this.#size, {
      screen: screen && drawable(screen),
      camera: camera && drawable(camera),
      bubble: this.bubble,
    })
    return new VideoFrame(this.#context.canvas, { timestamp, duration, alpha: 'discard' })
  }

  close(): void {
    for (const source of [...this.#readers.keys()]) this.end(source)
  }
}

function drawable(frame: VideoFrame): Drawable {
  return { image: frame, size: { width: frame.displayWidth, height: frame.displayHeight } }
}

function isOpaque(frame: VideoFrame): boolean {
  return frame.format === 'I420' || frame.format === 'NV12'
}

/** Coded and shown at exactly this size: no crop, no other aspect. */
function sameSize(frame: VideoFrame, size: Size): boolean {
  const rect = frame.visibleRect
  return (
    frame.displayWidth === size.width &&
    frame.displayHeight === size.height &&
    rect !== null &&
    rect.width === size.width &&
    rect.height === size.height
  )
}
