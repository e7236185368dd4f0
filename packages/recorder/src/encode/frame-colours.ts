import type { Point, Rect } from '../capture/bubble.ts'

/** A part of a frame as colours in memory, which canvases take at once. Read again only where the frame is another one. */
export class FrameColours {
  #frame: VideoFrame | null = null
  #part: Rect | null = null
  #from: Point = { x: 0, y: 0 }
  #pixels: ImageData | null = null
  #context: OffscreenCanvasRenderingContext2D | null = null
  #isOnCanvas = false

  /**
   * @param part in pixels that are shown; rounded outwards to whole ones of the chroma planes
   * @throws DOMException where the browser cannot
   */
  async read(frame: VideoFrame, part: Rect): Promise<void> {
    if (frame === this.#frame && this.isOf(part)) return
    this.#frame = null
    this.#part = null
    const visible = frame.visibleRect!
    const rect = evenRect(visible, part)
    const isFit = this.#pixels?.width === rect.width && this.#pixels.height === rect.height
    if (!isFit) this.#pixels = new ImageData(rect.width, rect.height)
    const copied = frame.clone() // the next one may come while this is read
    try {
      await copied.copyTo(this.#pixels!.data, { rect, format: 'RGBA', colorSpace: 'srgb' })
    } finally {
      copied.close()
    }
    this.#frame = frame
    this.#part = part
    this.#from = { x: rect.x - visible.x, y: rect.y - visible.y }
    this.#isOnCanvas = false
  }

  isOf(part: Rect): boolean {
    const own = this.#part
    return own !== null && (['x', 'y', 'width', 'height'] as const).every((side) => own[side] === part[side])
  }

  /** Where they begin in the frame. */
  get from(): Point {
    return this.#from
  }

  /** After {@link read}. */
  get pixels(): ImageData {
    return this.#pixels!
  }

  /** The same, to be drawn from. */
  get canvas(): OffscreenCanvas {
    const { width, height } = this.pixels
    if (this.#context?.canvas.width !== width || this.#context.canvas.height !== height) {
      this.#context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false })
      if (this.#context === null) throw new Error('no 2D canvas for a frame')
      this.#isOnCanvas = false
    }
    if (!this.#isOnCanvas) this.#context.putImageData(this.pixels, 0, 0)
    this.#isOnCanvas = true
    return this.#context.canvas
  }
}

/** Of 4:2:0, where two rows and columns share their colour; inside of what is visible. */
function evenRect(visible: Rect, part: Rect): Rect {
  const from = (start: number, most: number) => Math.min(most, Math.max(0, Math.floor(start / 2) * 2))
  const [x, y] = [from(part.x, visible.width - 2), from(part.y, visible.height - 2)]
  const to = (end: number, most: number) => Math.min(most, Math.ceil(end / 2) * 2)
  const [right, bottom] = [to(part.x + part.width, visible.width), to(part.y + part.height, visible.height)]
  return { x: visible.x + x, y: visible.y + y, width: right - x, height: bottom - y }
}
