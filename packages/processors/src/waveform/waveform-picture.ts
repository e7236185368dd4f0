import { WAVEFORM_PNG, WAVEFORM_SVG } from '../content-kind.ts'
import { ConversionError } from '../conversion-error.ts'
import type { ModuleJob } from '../module-worker.ts'
import { merged, parseWaveform } from './peaks.ts'
import { encodeBilevelPng } from './png.ts'

const colour = [0x1f, 0x6f, 0xeb] as const
const defaultSize = { width: 1200, height: 120 }

/** For each column of the picture, from the lowest to the highest. */
type Columns = { pairs: readonly number[]; width: number; height: number }

/** Waveforms as pictures that need no program to be shown; the ground is transparent. */
export function convertBytes(bytes: Uint8Array, job: ModuleJob): string | Uint8Array {
  const columns = columnsOf(bytes, job)
  if (job.to === WAVEFORM_SVG) return svg(columns)
  if (job.to === WAVEFORM_PNG) return png(columns)
  throw new ConversionError('not-handled', `no waveform is drawn as ${job.to}`)
}

function columnsOf(bytes: Uint8Array, { parameters, limits }: ModuleJob): Columns {
  const { width = defaultSize.width, height = defaultSize.height } = parameters
  if (width * height > limits.pixels) {
    throw new ConversionError('parameters-refused', `a picture may have ${limits.pixels} pixels`)
  }
  const { data, length } = parseWaveform(bytes)
  // Nothing is nothing heard, not a picture without columns.
  const pairs = length === 0 ? [0, 0] : data
  return { pairs: merged(pairs, width), width, height }
}

/** One closed line: along the highest samples, and back along the lowest. */
function svg({ pairs, width, height }: Columns): string {
  const y = (value: number): string => (((127.5 - value) / 255) * height).toFixed(1)
  const count = pairs.length / 2
  const upper = Array.from({ length: count }, (_, x) => `${x},${y(pairs[x * 2 + 1]!)}`)
  const lower = Array.from({ length: count }, (_, x) => `${x},${y(pairs[x * 2]!)}`).reverse()
  const fill = `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `preserveAspectRatio="none"><path fill="${fill}" stroke="${fill}" stroke-width=".5" d="M${[...upper, ...lower].join('L')}Z"/></svg>\n`
  )
}

function png({ pairs, width, height }: Columns): Uint8Array {
  const rowOf = (value: number): number => Math.min(height - 1, Math.floor(((127.5 - value) / 255) * height))
  const rows = Array.from({ length: height }, () => new Uint8Array(Math.ceil(width / 8)))
  for (let x = 0; x < width; x++) {
    const to = rowOf(pairs[x * 2]!)
    for (let y = rowOf(pairs[x * 2 + 1]!); y <= to; y++) rows[y]![x >> 3]! |= 0x80 >> (x & 7)
  }
  return encodeBilevelPng(width, rows, [
    [255, 255, 255, 0],
    [...colour, 255],
  ])
}
