// A capture whose picture is a canvas and whose sound is a tone: what is drawn and heard is known, and it can be resized
// and ended like a window that is being shared.
import { openAudioMix } from '../../src/capture/audio-mix.ts'
import { type Bubble, defaultBubble } from '../../src/capture/bubble.ts'
import type { Capture, CaptureEvents, CaptureSource } from '../../src/capture/source.ts'
import { Emitter } from '../../src/listeners.ts'

export type CanvasCapture = Capture & {
  resize(width: number, height: number): void
  endScreen(): void
  /** With `marks`: white and loud for 300 ms, from the same moment. */
  mark(): void
}

export function canvasCapture(options: {
  width?: number
  height?: number
  video?: boolean
  audio?: boolean
  /** A picture that cannot be made small. */
  noise?: boolean
  /** Black and silent but for {@link CanvasCapture.mark}. */
  marks?: boolean
}): CanvasCapture {
  const emitter = new Emitter<CaptureEvents>()
  const sources: CaptureSource[] = []
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: options.width ?? 640, height: options.height ?? 360 })
  let white = false
  let loud: GainNode | null = null
  let timer: ReturnType<typeof setInterval> | undefined
  if (options.video !== false) {
    const context = canvas.getContext('2d', { alpha: false })!
    const grain = options.noise ? makeGrain(canvas.width + 200, canvas.height + 200) : null
    let step = 0
    timer = setInterval(() => {
      step++
      if (options.marks) {
        context.fillStyle = white ? '#fff' : '#000'
        context.fillRect(0, 0, canvas.width, canvas.height)
        return
      }
      context.fillStyle = `hsl(${step * 3} 80% 50%)`
      context.fillRect(0, 0, canvas.width, canvas.height)
      context.fillStyle = '#000'
      context.fillRect((step * 7) % canvas.width, 0, 20, canvas.height)
      if (grain !== null) context.drawImage(grain, -((step * 37) % 200), -((step * 53) % 200))
    }, 33)
    sources.push({ kind: 'screen', label: 'canvas', stream: canvas.captureStream(30), live: true })
  }
  const mix = options.audio === false ? null : openAudioMix()
  let tone: { stop(): void } | null = null
  if (mix !== null) {
    const context = new AudioContext()
    const oscillator = new OscillatorNode(context, { frequency: 440 })
    const output = new MediaStreamAudioDestinationNode(context)
    loud = new GainNode(context, { gain: options.marks ? 0 : 1 })
    oscillator.connect(loud).connect(output)
    oscillator.start()
    mix.add(output.stream)
    sources.push({ kind: 'microphone', label: 'tone', stream: output.stream, live: true })
    tone = { stop: () => void context.close() }
  }
  let bubble: Bubble = { ...defaultBubble }
  return {
    sources,
    hasVideo: options.video !== false,
    hasAudio: mix !== null,
    picture: { maxWidth: 1280, maxHeight: 720, frameRate: 30 },
    get bubble() {
      return bubble
    },
    on: (name, listener) => emitter.on(name, listener),
    arrange(change) {
      bubble = { ...bubble, ...change }
      emitter.emit('arranged', bubble)
    },
    level: () => mix?.level() ?? 0,
    mute() {},
    track: (of) =>
      of === 'mix' ? (mix?.track ?? null) : of === 'screen' ? (sources[0]?.stream.getVideoTracks()[0] ?? null) : null,
    resize(width, height) {
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
      const source = sources.find(({ kind }) => kind === 'screen')!
      source.live = false
      for (const track of source.stream.getTracks()) track.stop()
      emitter.emit('source-ended', { source })
    },
    close() {
      clearInterval(timer)
      tone?.stop()
      mix?.close()
      for (const { stream } of sources) for (const track of stream.getTracks()) track.stop()
    },
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
