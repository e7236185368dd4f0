import { ConversionError } from '../conversion-error.ts'

/** What the times of a document count in; TTML2 §7.2. */
export type TtmlClock = { frameRate: number; subFrameRate: number; tickRate: number }

/** @param parameter the value of an attribute of `tt` in the namespace of parameters */
export function ttmlClock(parameter: (name: string) => string | undefined): TtmlClock {
  const number = (name: string, otherwise: number): number => {
    const value = parameter(name)
    if (value === undefined) return otherwise
    if (!/^[1-9]\d{0,9}$/.test(value)) throw new ConversionError('input-refused', `${name} is ${value.slice(0, 50)}`)
    return Number(value)
  }
  const multiplier = parameter('frameRateMultiplier')
  const ratio = multiplier === undefined ? ['', '1', '1'] : /^([1-9]\d{0,9})(?:[ :]([1-9]\d{0,9}))?$/.exec(multiplier)
  if (ratio === null) throw new ConversionError('input-refused', 'frameRateMultiplier is not as it has to be')
  const frameRate = (number('frameRate', 30) * Number(ratio[1])) / Number(ratio[2] ?? 1)
  const subFrameRate = number('subFrameRate', 1)
  const hasFrames = parameter('frameRate') !== undefined
  return { frameRate, subFrameRate, tickRate: number('tickRate', hasFrames ? frameRate * subFrameRate : 1) }
}

/** TTML2 §12.3.1: clock times and offsets, to ms. Many write an hour in one digit, where it has to have two. */
export function ttmlTime(text: string, { frameRate, subFrameRate, tickRate }: TtmlClock): number {
  const value = text.trim().slice(0, 100)
  const clock = /^(\d{1,6}):([0-5]\d):([0-5]\d|60)(?:(\.\d{1,9})|:(\d{2,4})(?:\.(\d{1,4}))?)?$/.exec(value)
  if (clock !== null) {
    const [, hours, minutes, seconds, fraction = '0', frames = '0', subFrames = '0'] = clock
    const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
    return rounded((whole + Number(fraction) + (Number(frames) + Number(subFrames) / subFrameRate) / frameRate) * 1000)
  }
  const offset = /^(\d{1,12}(?:\.\d{1,9})?)(h|m|s|ms|f|t)$/.exec(value)
  if (offset === null) throw new ConversionError('input-refused', `${JSON.stringify(value)} is no time of TTML`)
  const units = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, f: 1000 / frameRate, t: 1000 / tickRate }
  return rounded(Number(offset[1]) * units[offset[2] as keyof typeof units])
}

function rounded(ms: number): number {
  // A thousand hours.
  if (ms > 3.6e9) throw new ConversionError('input-refused', 'a time is beyond all measure')
  return Math.round(ms)
}
