import { expect, it } from 'vitest'
import { lostWords } from './source-words.ts'

it('what was lost is named as its owner knows it', () => {
  expect(lostWords({ kind: 'microphone', label: 'Yeti' }, true)).toBe(
    'The microphone “Yeti” is gone: recording goes on without its sound.',
  )
  expect(lostWords({ kind: 'second-camera', label: '' }, true)).toBe(
    'The second camera is gone: recording goes on without it.',
  )
  expect(lostWords({ kind: 'screen', label: 'web-contents-media-stream://12:34' }, false)).toBe(
    'The screen is no longer shared: nothing is left to record, so the recording ends here.',
  )
})
