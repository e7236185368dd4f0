import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from './crc32.ts'
import { eventText, maxEventBytes, parseEvent } from './events.ts'
import { encodeEventsMessage, eventsThatFit, maxEventsPayload, parseEventsMessage } from './events-message.ts'
import { ProtocolError } from './protocol-error.ts'

const event = fc.record({
  t: fc.nat({ max: 1e13 }).map((us) => us / 1000),
  kind: fc.constantFrom('annotation', 'of-my-own', 'x', 'constructor'),
  data: fc
    .dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
    .map((data) => JSON.parse(JSON.stringify(data)) as Record<string, unknown>), // JSON has one zero
})
const message = fc.record({
  epoch: fc.nat({ max: 0xffffffff }),
  first: fc.nat({ max: 0xffffffff }),
  events: fc.array(event, { minLength: 1, maxLength: 20 }),
})
const encode = ({ epoch, first, events }: { epoch: number; first: number; events: object[] }) =>
  encodeEventsMessage({ epoch, first, texts: events.map((each) => JSON.stringify(each)) }, crc32)

const bad = expect.objectContaining({ code: 'bad-message' })

describe('an event', () => {
  it('[V1] is told in whole µs, and read back as it was', () => {
    expect(parseEvent({ t: 1.23456, kind: 'mark', data: { label: 'x', more: [1] } })).toEqual({
      t: 1.235,
      kind: 'mark',
      data: { label: 'x', more: [1] },
    })
    fc.assert(
      fc.property(event, (value) => {
        expect(parseEvent(JSON.parse(eventText(value)))).toEqual(parseEvent(value))
      }),
    )
  })

  it.each([
    { t: Number.NaN, kind: 'mark', data: { label: 'x' } },
    { t: -1, kind: 'mark', data: { label: 'x' } },
    { t: Number.POSITIVE_INFINITY, kind: 'poll', data: {} },
    { t: '7', kind: 'poll', data: {} },
    { t: 1e11, kind: 'poll', data: {} },
    { t: 1, kind: 'Mark', data: {} },
    { t: 1, kind: 'a'.repeat(41), data: {} },
    { t: 1, kind: 'poll', data: [] },
    { t: 1, kind: 'poll', data: null },
    { t: 1, kind: 'poll' },
    { t: 1, kind: 'mark', data: {} },
    { t: 1, kind: 'mark', data: { label: '' } },
    { t: 1, kind: 'mark', data: { label: 'x'.repeat(201) } },
    { t: 1, kind: 'chat', data: { text: 'from nobody' } },
    { t: 1, kind: 'slide', data: { deck: 'a', index: -1 } },
    { t: 1, kind: 'screen', data: { on: 'yes' } },
    { t: 1, kind: 'annotation', data: { text: 'x'.repeat(maxEventBytes) } },
    { t: 1, kind: 'annotation', data: { text: '\u00e9'.repeat(maxEventBytes / 2) } },
    { t: 1, kind: 'annotation', data: JSON.parse(`{"a":${'['.repeat(40)}${']'.repeat(40)}}`) },
    null,
    7,
    'text',
  ])('[V1, V3] of another form is refused: %j', (value) => {
    expect(() => parseEvent(value)).toThrow(bad)
  })
})

describe('a message of events', () => {
  it('[V2] reads back as it was written', () => {
    fc.assert(
      fc.property(message, (value) => {
        expect(parseEventsMessage(encode(value), crc32)).toEqual({ ...value, events: value.events.map(parseEvent) })
      }),
    )
  })

  it('[V5] with any one bit flipped, or cut anywhere, is refused', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.nat(), (value, flipped, cut) => {
        const whole = encode(value)
        const torn = whole.slice()
        torn[(flipped >> 3) % whole.length]! ^= 1 << (flipped & 7)
        expect(() => parseEventsMessage(torn, crc32)).toThrow(ProtocolError)
        expect(() => parseEventsMessage(whole.subarray(0, cut % whole.length), crc32)).toThrow(ProtocolError)
      }),
    )
  })

  it('[V2] of no JSON, of no array, of nothing, of 501 events or of more than 64 KiB is refused', () => {
    const of = (text: string) => {
      const bytes = encodeEventsMessage({ epoch: 1, first: 0, texts: [text.slice(1, -1)] }, crc32)
      return () => parseEventsMessage(bytes, crc32)
    }
    const one = '{"t":0,"kind":"poll","data":{}}'
    expect(of(`[${Array(500).fill(one).join(',')}]`)).not.toThrow()
    expect(of(`[${Array(501).fill(one).join(',')}]`)).toThrow(bad)
    for (const text of ['[]', '[nonsense]', `[${one}}]`, '[7]']) expect(of(text)).toThrow(bad)
    const large = JSON.stringify({ t: 0, kind: 'poll', data: { text: 'x'.repeat(maxEventsPayload) } })
    expect(of(`[${large}]`)).toThrow(expect.objectContaining({ code: 'message-too-big' }))
  })

  it('[V2, V3] always takes at least one event, and never more than it may hold', () => {
    const size = fc.integer({ min: 1, max: maxEventBytes })
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 30 }), (sizes) => {
        const texts = sizes.map((bytes) => 'x'.repeat(bytes))
        const count = eventsThatFit(texts)
        expect(count).toBeGreaterThanOrEqual(1)
        expect(texts.slice(0, count).join(',').length + 2).toBeLessThanOrEqual(maxEventsPayload)
      }),
    )
  })
})
