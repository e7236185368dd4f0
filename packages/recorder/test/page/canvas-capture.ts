// A capture whose picture is a canvas and whose sound is a tone: what is drawn and heard is known, and it can be resized
// and ended like a window that is being shared.
import { OpenSources } from '../../src/capture/open-sources.ts'
import { changedScene, defaultScene, type SceneChange } from '../../src/capture/scene.ts'
import type { Capture, CaptureSource } from '../../src/capture/source.ts'
import { clockShape, drawClock } from './clock-picture.ts'

export type CanvasCapture = Capture & {
  resize(width: number, height: number): void
  endScreen(): void
  /** With `marks`: white and loud for 300 ms, from the same moment. */
  mark(): void
}

export type CanvasCaptureOptions = {
  width?: number
  height?: number
  video?: boolean
  audio?: boolean
  /** A picture that cannot be made small. */
  noise?: boolean
  /** The upper left quarter shows the time (clock-picture.ts). */
  clock?: boolean
  /** Of the background; else it goes through all of them. */
  colour?: string
  /** Black and silent but for {@link CanvasCapture.mark}. */
  marks?: boolean
  /** Four colours that stand still: red and green above, blue and yellow below. */
  quarters?: boolean
  /** Cameras of one colour each: left half as named, right half black. */
  cameras?: string[]
  scene?: SceneChange
}

export function canvasCapture(options: CanvasCaptureOptions): CanvasCapture {
  const sources: CaptureSource[] = []
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: options.width ?? 640, height: options.height ?? 360 })
  let white = false
  let loud: GainNode | null = null
  const timers: ReturnType<typeof setInterval>[] = []
  if (options.video !== false) {
    const context = canvas.getContext('2d', { alpha: false })!
    const grain = options.noise ? makeGrain(canvas.width + 200, canvas.height + 200) : null
    let step = 0
    const draw = () => {
      step++
      if (options.quarters) {
        drawQuarters(context)
        return
      }
      if (options.marks) {
        context.fillStyle = white ? '#fff' : '#000'
        context.fillRect(0, 0, canvas.width, canvas.height)
        return
      }
      context.fillStyle = options.colour ?? `hsl(${step * 3} 80% 50%)`
      context.fillRect(0, 0, canvas.width, canvas.height)
      context.fillStyle = '#000'
      context.fillRect((step * 7) % canvas.width, canvas.height / 2, 20, canvas.height)
      if (grain !== null) context.drawImage(grain, -((step * 37) % 200), -((step * 53) % 200))
      if (options.clock) drawClock(context, clockShape, Date.now())
    }
    timers.push(setInterval(draw, 33))
    sources.push({ kind: 'screen', label: 'canvas', stream: canvas.captureStream(30), live: true })
  }
  for (const [index, colour] of (options.cameras ?? []).entries()) {
    const camera = colourCamera(colour)
    timers.push(camera.timer)
    const kind = index === 0 ? 'camera' : 'second-camera'
    sources.push({ kind, label: colour, stream: camera.stream, live: true })
  }
  let tone: { stop(): void } | null = null
  if (options.audio !== false) {
    const context = new AudioContext()
    const oscillator = new OscillatorNode(context, { frequency: 440 })
    const output = new MediaStreamAudioDestinationNode(context)
    loud = new GainNode(context, { gain: options.marks ? 0 : 1 })
    oscillator.connect(loud).connect(output)
    oscillator.start()
    sources.push({ kind: 'microphone', label: 'tone', stream: output.stream, live: true })
    tone = { stop: () => void context.close() }
  }
  const picture = { maxWidth: 1280, maxHeight: 720, frameRate: 30 }
  const capture = new OpenSources(sources, picture, changedScene(defaultScene, options.scene ?? {}))
  const close = capture.close.bind(capture)
  return Object.assign(capture, {
    resize(width: number, height: number) {
      Object.assign(canvas, { width, height })
    },
    mark() {
      white = true
      loud!.gain.value = 1
      setTimeout(() => {
        white = false
        loud!.gain.value = 0
      }, 300)
    },
    endScreen() {
      const [track] = sources.find(({ kind }) => kind === 'screen')!.stream.getVideoTracks()
      track!.stop()
      track!.dispatchEvent(new Event('ended')) // as when the user stops sharing: browsers say so
    },
    close() {
      for (const timer of timers) clearInterval(timer)
      tone?.stop()
      close()
    },
  })
}

/** A camera of 320 × 240 whose left half has this colour; the right half is black, so that a mirrored one is known. */
export function colourCamera(colour: string): { stream: MediaStream; timer: ReturnType<typeof setInterval> } {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: 320, height: 240 })
  const context = canvas.getContext('2d', { alpha: false })!
  const timer = setInterval(() => {
    context.fillStyle = '#000'
    context.fillRect(0, 0, 320, 240)
    context.fillStyle = colour
    context.fillRect(0, 0, 160, 240)
  }, 33)
  return { stream: canvas.captureStream(30), timer }
}

function drawQuarters(context: CanvasRenderingContext2D): void {
  const [width, height] = [context.canvas.width / 2, context.canvas.height / 2]
  for (const [index, colour] of ['#f00', '#0f0', '#00f', '#ff0'].entries()) {
    context.fillStyle = colour
    context.fillRect((index % 2) * width, Math.floor(index / 2) * height, width, height)
  }
}

function makeGrain(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')!
  const image = context.createImageData(width, height)
  const words = new Uint32Array(image.data.buffer)
  for (let at = 0; at < words.length; at++) words[at] = 0xff000000 | (Math.random() * 0xffffff)
  context.putImageData(image, 0, 0)
  return canvas
}
