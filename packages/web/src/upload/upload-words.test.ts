import { UploadFault } from '@rushes/uploader'
import { describe, expect, it } from 'vitest'
import { queueWords, refusalWords, uploadWords } from './upload-words.ts'

describe('an upload in words', () => {
  it('says of what is refused why, and what is taken', () => {
    const fault = new UploadFault('not-media', 'this looks like text: neither Matroska nor MP4')
    expect(refusalWords(fault)).toContain('looks like text')
    expect(refusalWords(fault)).toContain('WebM')
    expect(refusalWords(new UploadFault('never-heard-of', 'the moon is full'))).toContain('the moon is full')
  })

  it('says how far it is', () => {
    expect(uploadWords({ state: 'paused' }, 12_300_000, 2_000_000_000)).toBe(
      'Paused. 12.3 MB of 2.0 GB safe on the server',
    )
    expect(queueWords({ rate: 12_300_000, leftMs: 65_000 })).toBe('12.3 MB a second, about 1 minute 5 seconds left')
    expect(queueWords({ rate: 0, leftMs: null })).toBe('')
  })
})
