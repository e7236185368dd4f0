import type { RecordingProgress } from '@rushes/recorder'
import { describe, expect, it } from 'vitest'
import { deliveryWords, keptWords, noticeText } from './delivery-words.ts'

const progress = (waitingBytes: number, connection: RecordingProgress['connection']): RecordingProgress => ({
  recordedBytes: 20_000_000,
  safeBytes: 20_000_000 - waitingBytes,
  waitingBytes,
  unspooledBytes: 0,
  durationMs: 1000,
  connection,
  events: 0,
  safeEvents: 0,
})

describe('deliveryWords', () => {
  it('says that all is safe only where nothing waits', () => {
    expect(deliveryWords(progress(0, 'sending'), false)).toMatchObject({ words: 'All safe', tone: 'safe' })
    expect(deliveryWords(progress(1, 'waiting'), false).tone).toBe('caution')
  })

  it.each(['creating', 'connecting', 'waiting'] as const)(
    '%s: the server is away, and recording goes on',
    (connection) => {
      expect(deliveryWords(progress(12_300_000, connection), false).words).toBe(
        '12.3 MB waiting: the server is away; still recording',
      )
    },
  )

  it('does not call a queue safe', () => {
    expect(deliveryWords(progress(500_000, 'sending'), false).tone).toBe('safe')
    expect(deliveryWords(progress(12_300_000, 'sending'), false)).toMatchObject({
      words: 'Catching up: 12.3 MB on the way',
      tone: 'plain',
    })
    expect(deliveryWords(progress(500_000, 'sending'), true).words).toBe('Sending the last 500 kB')
  })

  it('does not claim that it records after the end', () => {
    for (const connection of ['waiting', 'idle'] as const) {
      const { words, spoken } = deliveryWords(progress(5, connection), true)
      expect(words + spoken).not.toContain('still recording')
    }
  })

  it('speaks without figures, so that a screen reader is not read numbers four times a second', () => {
    for (const connection of ['creating', 'connecting', 'sending', 'waiting', 'idle'] as const) {
      expect(deliveryWords(progress(12_300_000, connection), false).spoken).not.toMatch(/\d/)
    }
  })
})

describe('noticeText', () => {
  it.each(['source-ended', 'slept'] as const)('%s: the words of the recorder, which say what was lost', (code) => {
    expect(noticeText({ code, message: 'The microphone “Yeti” is gone.' })).toBe('The microphone “Yeti” is gone.')
  })
})

describe('keptWords', () => {
  it('says what happens next', () => {
    expect(keptWords('offline')).toContain('as soon as it is back')
    expect(keptWords('forbidden')).toContain('Sign in')
    expect(keptWords('recording-too-large')).toContain('recording-too-large')
  })
})
