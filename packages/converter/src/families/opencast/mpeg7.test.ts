import { describe, expect, it } from 'vitest'
import { mediaDuration, mediaTimePoint } from './mpeg7.ts'
import { smilTime } from './smil.ts'

describe('times of MPEG-7', () => {
  it.each([
    ['T00:00:00:0F25', 0],
    ['T01:07:35,0F25', 4_055_000],
    // N counts parts of F: zeros before it say nothing.
    ['T00:00:01:07F100', 1070],
    ['T00:00:01:7F1000', 1007],
    ['T00:00:01:007F1000', 1007],
    ['T00:00:02', 2000],
    ['1970-00-00T00:01:00:0F25', 60_000],
    ['1970-00-01T00:00:00:0F25', 86_400_000],
    ['00:00:01', null],
    ['T1', null],
  ])('%s is %s', (text, ms) => expect(mediaTimePoint(text)).toBe(ms))

  it.each([
    ['PT01H07M35S', 4_055_000],
    ['PT02S7N1000F', 2007],
    ['PT0H22M25S', 1_345_000],
    ['P1DT1S', 86_401_000],
    ['PT', 0],
    ['1s', null],
  ])('%s lasts %s', (text, ms) => expect(mediaDuration(text)).toBe(ms))
})

describe('times of SMIL', () => {
  it.each([
    ['2449ms', 2449],
    ['2.5s', 2500],
    ['3', 3000],
    ['-1ms', -1],
    ['1h', 3_600_000],
    ['0.5min', 30_000],
    ['0:00:02.449', 2449],
    ['01:02', 62_000],
    ['npt=2.449s', 2449],
    ['soon', null],
    ['1:75', null],
    [undefined, null],
  ])('%s is %s', (text, ms) => expect(smilTime(text)).toBe(ms))
})
