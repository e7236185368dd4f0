import { describe, expect, it } from 'vitest'
import type { VideoCodec } from './choose-encoder.ts'
import { videoBitrate, videoConfigs } from './video-config.ts'

describe('videoConfigs', () => {
  it.each<[VideoCodec, number, number, number, string]>([
    ['avc', 1280, 720, 30, 'avc1.64001f'], // 3600 macroblocks × 30 = 108,000: level 3.1 to the brim
    ['avc', 1920, 1080, 30, 'avc1.640028'],
    ['avc', 1920, 1080, 60, 'avc1.64002a'],
    ['avc', 3840, 2160, 30, 'avc1.640033'],
    ['vp9', 1280, 720, 30, 'vp09.00.31.08'],
    ['vp9', 1920, 1080, 30, 'vp09.00.40.08'],
    ['vp8', 1920, 1080, 30, 'vp8'],
    ['av1', 1920, 1080, 30, 'av01.0.08M.08'],
  ])('%s at %i × %i, %i/s is %s', (codec, width, height, rate, string) => {
    const [first] = videoConfigs(codec, { width, height }, rate)
    expect(first?.codec).toBe(string)
    expect(first).toMatchObject({ width, height, framerate: rate, latencyMode: 'realtime' })
    expect(first?.avc).toEqual(codec === 'avc' ? { format: 'annexb' } : undefined)
  })

  it('spends bits by the pixel, within bounds', () => {
    expect(videoBitrate({ width: 1920, height: 1080 }, 30)).toBe(4_354_560)
    expect(videoBitrate({ width: 64, height: 64 }, 30)).toBe(400_000)
    expect(videoBitrate({ width: 7680, height: 4320 }, 60)).toBe(12_000_000)
  })
})
