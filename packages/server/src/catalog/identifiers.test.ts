import { expect, it } from 'vitest'
import { newRecordingId, newShareId, parseRecordingId, parseShareId, uuidV7 } from './identifiers.ts'

it('UUIDv7 has version 7, the variant and the time (RFC 9562 §5.7)', () => {
  const time = Date.now() + 1_000_000
  const id = uuidV7(time)
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(time)
})

it('ids sort in the order they were made, 100,000 in a burst and after the clock went back', () => {
  const now = Date.now() + 2_000_000
  const ids = Array.from({ length: 100_000 }, (_, index) => uuidV7(index % 10 === 9 ? now - 5000 : now))
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
})

it('what is made is parsed, what is no id is not', () => {
  const recording = newRecordingId()
  const share = newShareId()
  expect(parseRecordingId(recording)).toBe(recording)
  expect(parseShareId(share)).toBe(share)
  expect(Buffer.from(share, 'base64url').length * 8).toBeGreaterThanOrEqual(128)
  expect(parseRecordingId(recording.toUpperCase())).toBeUndefined()
  const wrong = ['', "' or 1=1 --", `${recording}\n`, `{${recording}}`, '../etc', 'a\u0000', 'x'.repeat(65)]
  for (const text of wrong) {
    expect(parseRecordingId(text)).toBeUndefined()
    expect(parseShareId(text)).toBeUndefined()
  }
})
