// A clock that is drawn into a picture so that it can be read from a screenshot, after encoding and scaling.
import type { Page } from 'playwright-core'

const columns = 6
const rows = 4
/** Bits of the time, then its parity. */
const bits = columns * rows - 1

/** Runs in the page that records: its camera becomes a canvas that shows the time, its microphone a tone. */
export function installClockCamera([across, down]: [number, number]): void {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: 1280, height: 720 })
  const context = canvas.getContext('2d', { alpha: false })!
  const draw = () => {
    const now = Date.now()
    let parity = 0
    for (let cell = 0; cell < across * down; cell++) {
      const isLast = cell === across * down - 1
      const bit = isLast ? parity : Math.floor(now / 2 ** cell) % 2
      parity ^= bit
      context.fillStyle = bit === 1 ? '#fff' : '#000'
      const [width, height] = [canvas.width / across, (canvas.height * 0.75) / down]
      context.fillRect((cell % across) * width, Math.floor(cell / across) * height, width, height)
    }
    // Below it, something that moves.
    context.fillStyle = `hsl(${now / 20} 80% 50%)`
    context.fillRect(0, canvas.height * 0.75, canvas.width, canvas.height)
    context.fillStyle = '#000'
    context.fillRect((now / 5) % canvas.width, canvas.height * 0.75, 40, canvas.height)
  }
  setInterval(draw, 16)
  draw()
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

export const clockShape: [number, number] = [columns, rows]

/** Reads the time from a screenshot (PNG) of the whole picture, ms since the Unix epoch; null where it can't be read. */
export async function readClock(reader: Page, screenshot: Buffer, around: number): Promise<number | null> {
  const cells = await reader.evaluate(
    async ({ png, across, down }) => {
      const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0))
      const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
      const canvas = new OffscreenCanvas(picture.width, picture.height)
      const context = canvas.getContext('2d')!
      context.drawImage(picture, 0, 0)
      return Array.from({ length: across * down }, (_, cell) => {
        const x = ((cell % across) + 0.5) * (picture.width / across)
        const y = (Math.floor(cell / across) + 0.5) * ((picture.height * 0.75) / down)
        return context.getImageData(x, y, 1, 1).data[1]! > 127 ? 1 : 0
      })
    },
    { png: screenshot.toString('base64'), across: columns, down: rows },
  )
  const parity = cells.slice(0, bits).reduce<number>((sum, bit) => sum ^ bit, 0)
  if (parity !== cells[bits]) return null
  const low = cells.slice(0, bits).reduce<number>((sum, bit, place) => sum + bit * 2 ** place, 0)
  const cycle = 2 ** bits
  return Math.round((around - low) / cycle) * cycle + low
}
