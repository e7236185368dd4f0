// A clock that is drawn into a picture so that it can be read after encoding and scaling: cells of light and dark in the
// upper left quarter, the bits of the time and then their parity.

export type ClockShape = {
  columns: number
  rows: number
  /** Of the picture's width, and of its height. */
  share: number
}

export const clockShape: ClockShape = { columns: 6, rows: 4, share: 0.5 }

/** Bits of the time, then its parity. */
const bits = clockShape.columns * clockShape.rows - 1

/** Needs nothing from outside of itself, so that it can be written into a script for any page. `now`: as `Date.now()`. */
export function drawClock(context: CanvasRenderingContext2D, shape: ClockShape, now: number): void {
  const cells = shape.columns * shape.rows
  const width = (context.canvas.width * shape.share) / shape.columns
  const height = (context.canvas.height * shape.share) / shape.rows
  let parity = 0
  for (let cell = 0; cell < cells; cell++) {
    const bit = cell === cells - 1 ? parity : Math.floor(now / 2 ** cell) % 2
    parity ^= bit
    context.fillStyle = bit === 1 ? '#fff' : '#000'
    context.fillRect((cell % shape.columns) * width, Math.floor(cell / shape.columns) * height, width, height)
  }
}

/** The time that cells say (row by row, is it light?), ms since the Unix epoch, near `around`; null where it can't be read. */
export function timeOfCells(cells: readonly boolean[], around: number): number | null {
  const parity = cells.slice(0, bits).reduce((odd, bit) => odd !== bit, false)
  if (parity !== cells[bits]) return null
  const low = cells.slice(0, bits).reduce((sum, bit, place) => sum + (bit ? 2 ** place : 0), 0)
  const cycle = 2 ** bits
  return Math.round((around - low) / cycle) * cycle + low
}

/**
 * For pages that are not ours to change: their camera becomes a canvas that shows the time, their microphone a tone.
 *
 * @param colour of all that is not the clock; none: it goes through all of them
 */
export function clockCameraScript({ colour, width = 1280, height = 720 }: ClockCamera = {}): string {
  const parts = [drawClock, JSON.stringify(clockShape), JSON.stringify({ colour, width, height })]
  return `(${installClockCamera})(${parts.join(', ')})`
}

export type ClockCamera = { colour?: string; width?: number; height?: number }

function installClockCamera(
  draw: typeof drawClock,
  shape: ClockShape,
  { colour, width, height }: { colour?: string; width: number; height: number },
): void {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d', { alpha: false })!
  const paint = () => {
    const now = Date.now()
    context.fillStyle = colour ?? `hsl(${now / 20} 80% 50%)`
    context.fillRect(0, 0, width, height)
    // Below, something that moves.
    context.fillStyle = '#000'
    context.fillRect((now / 5) % width, height / 2, width / 32, height)
    draw(context, shape, now)
  }
  setInterval(paint, 16)
  paint()
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = new MediaStream()
    if (wanted?.video) stream.addTrack(canvas.captureStream(30).getVideoTracks()[0]!)
    if (wanted?.audio) {
      const sound = new AudioContext()
      const tone = new OscillatorNode(sound, { frequency: 440 })
      const output = new MediaStreamAudioDestinationNode(sound)
      tone.connect(output)
      tone.start()
      stream.addTrack(output.stream.getAudioTracks()[0]!)
    }
    return stream
  }
}
