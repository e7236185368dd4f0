// In the worker: keeps the newest frame of each source and makes one picture of them whenever it is asked.
import { AnnotationPainter } from '../annotate/painter.ts'
import { Sheet } from '../annotate/sheet.ts'
import { encodedSize, type Size } from '../capture/bubble.ts'
import { defaultScene, layOut, mainSource, type PictureSource, type Scene, shownPart } from '../capture/scene.ts'
import { FrameColours } from './frame-colours.ts'
import { drawScene, type Layers, sameSize, sizesOf } from './picture.ts'
import { PixelWay } from './pixel-way.ts'

/** Of the page to draw on, and where no picture came in time. */
const emptySize: Size = { width: 1280, height: 720 }

export class FrameStage {
  scene: Scene = defaultScene
  /** What is drawn on top. */
  readonly sheet: Sheet = new Sheet()
  readonly #painter = new AnnotationPainter({ onPicture: true })
  readonly #limit: Size
  readonly #newest = new Map<PictureSource, VideoFrame>()
  readonly #readers = new Map<PictureSource, ReadableStreamDefaultReader<VideoFrame>>()
  readonly #way = new PixelWay()
  readonly #colours = new Map<PictureSource, FrameColours>()
  #size: Size | null = null
  #closed = false
  #context: OffscreenCanvasRenderingContext2D | null = null

  constructor(limit: Size) {
    this.#limit = limit
  }

  /** Null until it was settled. */
  get size(): Size | null {
    return this.#size
  }

  /**
   * Reads frames until the source ends; only the newest is kept, the others are let go at once. Frames that were read
   * before for this source are read no more, but the last one is shown until a new one comes.
   */
  async read(source: PictureSource, frames: ReadableStream<VideoFrame>): Promise<void> {
    const reader = frames.getReader()
    const isRead = () => this.#readers.get(source) === reader
    letGo(this.#readers.get(source))
    this.#readers.set(source, reader)
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        if (!isRead()) {
          value.close()
          return
        }
        this.#newest.get(source)?.close()
        this.#newest.set(source, value)
      }
    } finally {
      if (isRead()) this.end(source)
    }
  }

  /** Shows no more of it, and reads no more. */
  end(source: PictureSource): void {
    letGo(this.#readers.get(source))
    this.#readers.delete(source)
    this.#newest.get(source)?.close()
    this.#newest.delete(source)
    this.#colours.delete(source)
  }

  /** True when there is something to show: the main source's first frame, or the page. */
  get ready(): boolean {
    if (this.scene.main === 'page') return true
    const main = mainSource(this.scene, (source) => this.#readers.has(source))
    return main !== null && this.#newest.has(main)
  }

  /** Decides the size, for good: that of what is shown of the main source, or 720p where there is no picture yet. */
  settle(): Size {
    const main = mainSource(this.scene, (source) => this.#newest.has(source))
    const whole = main === null ? emptySize : shownSize(this.#newest.get(main)!)
    this.#size ??= encodedSize(main === null ? whole : shownPart(this.scene, main, whole), this.#limit)
    return this.#size
  }

  /**
   * The picture for `timestamp` (µs); the caller closes it. Null before {@link settle}, and where the stage was closed
   * meanwhile. To be asked for one at a time.
   */
  async compose(timestamp: number, duration: number): Promise<VideoFrame | null> {
    const size = this.#size
    if (size === null) return null
    const startedAt = performance.now()
    const alone = this.#alone(size, startedAt)
    if (alone !== null) return new VideoFrame(alone, { timestamp, duration }) // shares the pixels: no copy
    const isRead = this.#way.copies && (await this.#readColours(size))
    if (this.#closed) return null
    const picture = this.#drawn(size, isRead)
    const made = new VideoFrame(picture, { timestamp, duration, alpha: 'discard' })
    if (this.#newest.size > 0) this.#way.took(performance.now() - startedAt)
    return made
  }

  close(): void {
    this.#closed = true
    for (const source of [...this.#readers.keys()]) this.end(source)
  }

  #drawn(size: Size, isRead: boolean): OffscreenCanvas {
    this.#context ??= new OffscreenCanvas(size.width, size.height).getContext('2d', { alpha: false })
    if (this.#context === null) throw new Error('no 2D canvas in this worker')
    drawScene(this.#context, size, this.scene, this.#layers(isRead))
    const now = performance.now()
    if (!this.scene.clean && !this.sheet.isEmpty(now)) this.#painter.paint(this.#context, size, this.sheet.view(now))
    return this.#context.canvas
  }

  /** Of all that is shown. @returns false where this browser cannot */
  async #readColours(size: Size): Promise<boolean> {
    try {
      for (const { source, part } of layOut(this.scene, sizesOf(this.#layers(false)), size)) {
        const frame = this.#newest.get(source)
        if (frame === undefined || !isPlain(frame)) continue
        const colours = this.#colours.get(source) ?? new FrameColours()
        this.#colours.set(source, colours)
        await colours.read(frame, part)
      }
      return true
    } catch {
      this.#way.refuse()
      return false
    }
  }

  #layers(isRead: boolean): Layers {
    return new Map(
      [...this.#newest].map(([source, frame]) => {
        const colours = isRead && isPlain(frame) ? this.#colours.get(source) : undefined
        return [source, { image: frame, size: shownSize(frame), ...(colours && { colours }) }] as const
      }),
    )
  }

  /** The frame that is the picture as it stands, if there is one. */
  #alone(size: Size, nowMs: number): VideoFrame | null {
    if (!this.scene.clean && !this.sheet.isEmpty(nowMs)) return null
    const [main, ...others] = layOut(this.scene, sizesOf(this.#layers(false)), size)
    if (main === undefined || !main.main || main.mirrored || others.length > 0) return null
    const frame = this.#newest.get(main.source)!
    const exact = sameSize(main.part, size) && sameSize(main.place, size)
    return exact && isPlain(frame) ? frame : null
  }
}

/** Opaque, and shown pixel by pixel: no other aspect. */
function isPlain(frame: VideoFrame): boolean {
  const { format, visibleRect } = frame
  return (format === 'I420' || format === 'NV12') && visibleRect !== null && sameSize(visibleRect, shownSize(frame))
}

function letGo(reader: ReadableStreamDefaultReader<VideoFrame> | undefined): void {
  reader?.cancel().catch(() => {})
}

function shownSize({ displayWidth: width, displayHeight: height }: VideoFrame): Size {
  return { width, height }
}
