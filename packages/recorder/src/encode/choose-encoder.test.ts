import { describe, expect, it } from 'vitest'
import { askedTypes, chooseEncoder, type EncoderCapabilities, type Wanted } from './choose-encoder.ts'

const chromium: EncoderCapabilities = {
  trackProcessor: true,
  webCodecsVideo: ['avc', 'vp9', 'av1', 'vp8'],
  webCodecsAudio: ['opus'],
  wasm: true,
  mediaRecorder: askedTypes,
}
const firefox: EncoderCapabilities = {
  ...chromium,
  trackProcessor: false,
  mediaRecorder: ['video/webm;codecs=vp8,opus', 'video/webm;codecs=vp8', 'audio/webm;codecs=opus'],
}
const safari: EncoderCapabilities = {
  ...chromium,
  trackProcessor: false,
  mediaRecorder: ['video/mp4;codecs=avc1.42E01E,mp4a.40.2', 'audio/mp4;codecs=mp4a.40.2'],
}
const both: Wanted = { video: true, audio: true }

describe('chooseEncoder', () => {
  it.each<[string, EncoderCapabilities, Wanted, string]>([
    ['everything there', chromium, both, 'avc+aac'],
    ['no WebAssembly', { ...chromium, wasm: false }, both, 'avc+opus'],
    ['an AAC encoder of its own', { ...chromium, wasm: false, webCodecsAudio: ['aac', 'opus'] }, both, 'avc+aac'],
    ['no H.264', { ...chromium, webCodecsVideo: ['vp8', 'vp9', 'av1'] }, both, 'vp9+aac'],
    ['pictures alone', chromium, { video: true, audio: false }, 'avc'],
    ['sound alone', chromium, { video: false, audio: true }, 'aac'],
    ['a codec asked for', chromium, { ...both, videoCodec: 'av1', audioCodec: 'opus' }, 'av1+opus'],
    ['no audio encoder', { ...chromium, wasm: false, webCodecsAudio: [] }, both, 'video/webm;codecs=vp9,opus'],
    ['no video encoder', { ...chromium, webCodecsVideo: [] }, both, 'video/webm;codecs=vp9,opus'],
    ['MediaRecorder asked for', chromium, { ...both, prefer: 'mediarecorder' }, 'video/webm;codecs=vp9,opus'],
    [
      'its H.264',
      chromium,
      { ...both, prefer: 'mediarecorder', videoCodec: 'avc' },
      'video/mp4;codecs=avc3.64003E,mp4a.40.2',
    ],
    ['Firefox', firefox, both, 'video/webm;codecs=vp8,opus'],
    ['Firefox, sound alone', firefox, { video: false, audio: true }, 'audio/webm;codecs=opus'],
    ['an older Safari', safari, both, 'video/mp4;codecs=avc1.42E01E,mp4a.40.2'],
    [
      'MP4 of MediaRecorder as avc3 first',
      { ...safari, mediaRecorder: [...askedTypes].filter((type) => type.startsWith('video/mp4')).reverse() },
      both,
      'video/mp4;codecs=avc3.64003E,mp4a.40.2',
    ],
    ['a codec that is not there', firefox, { ...both, videoCodec: 'av1' }, 'none'],
    ['nothing there', { ...firefox, mediaRecorder: [] }, both, 'none'],
    ['nothing to record', chromium, { video: false, audio: false }, 'none'],
  ])('%s', (_, capabilities, wanted, expected) => {
    const choice = chooseEncoder(capabilities, wanted)
    const named =
      choice === null
        ? 'none'
        : choice.kind === 'mediarecorder'
          ? choice.mimeType
          : [choice.video, choice.audio].filter((codec) => codec !== null).join('+')
    expect(named).toBe(expected)
  })

  it('gives MediaRecorder a key frame at least every 2 s, and every second where bytes come only then', () => {
    for (const mimeType of askedTypes) {
      const [, video] = /codecs=(\w+)/.exec(mimeType)!
      const wanted: Wanted = {
        video: mimeType.startsWith('video'),
        audio: /opus|mp4a/.test(mimeType),
        prefer: 'mediarecorder',
      }
      const choice = chooseEncoder({ ...chromium, mediaRecorder: [mimeType] }, wanted)
      expect(choice, video).toMatchObject({
        mimeType,
        timesliceMs: 250,
        keyIntervalMs: mimeType.includes('mp4') ? 1000 : 2000,
      })
    }
  })
})
