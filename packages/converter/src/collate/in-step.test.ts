import { expect, it } from 'vitest'
import type { Reading } from '../families/family.ts'
import type { FoundFile } from '../input/found-file.ts'
import { correlated } from '../timeline/correlated-reading.ts'
import { KeptTime } from '../timeline/kept-time.ts'
import { collate } from './collation.ts'

const phone: FoundFile = { name: 'phone.m4a', path: '/x/phone.m4a', size: 100, kind: 'audio/mp4' }
const reading: Reading = {
  ...{ format: 'bigbluebutton', metadata: {}, tracks: [], decks: [], events: [], notes: [], files: new Map() },
  kept: null,
}

function itemOf(startMs: number, driftPpm: number, kept: KeptTime) {
  const aligned = {
    file: phone.name,
    to: 'm/voice.wav',
    startMs,
    durationMs: 4000,
    driftPpm,
    agreement: 1,
    spreadMs: 1,
  }
  const { items } = collate({
    ...{ reading: correlated(reading, [aligned], []), files: [phone], looked: [], decks: [], kept },
    ...{ wishes: {}, presented: null },
  })
  return items[0]!.item
}

it('a recording in step lies where it was recorded, by its own clock, also where only some of the event was', () => {
  const whole = new KeptTime([{ startMs: 0, endMs: 10_000 }])
  const plain = itemOf(500, 0, whole)
  expect([plain.startMs, plain.endMs, plain.level, plain.metadata?.['pieces']]).toEqual([
    500,
    4500,
    undefined,
    undefined,
  ])
  expect(plain.metadata).toMatchObject({ alignment: { by: 'sound', to: 'm/voice.wav', startMs: 500, driftPpm: 0 } })

  // Its clock runs slow, and it began before the event did.
  const slow = itemOf(-1000, 1e5, whole)
  const speed = 1 / 1.1
  expect(slow.startMs).toBe(0)
  expect(slow.endMs).toBeCloseTo(3400, 6)
  const [piece] = slow.metadata!['pieces'] as { fromMs: number; toMs: number; atMs: number; speed: number }[]
  expect([piece!.atMs, piece!.speed]).toEqual([0, speed])
  expect(piece!.fromMs).toBeCloseTo(1000 * speed, 6)
  expect(piece!.toMs).toBeCloseTo(4000, 6)

  // Of what was not recorded somebody spoke: that is for the owner alone.
  const cut = itemOf(
    500,
    0,
    new KeptTime([
      { startMs: 1000, endMs: 2000 },
      { startMs: 3000, endMs: 9000 },
    ]),
  )
  expect([cut.startMs, cut.endMs, cut.level]).toEqual([0, 2500, 0])
  expect(cut.metadata?.['pieces']).toEqual([
    { fromMs: 500, toMs: 1500, atMs: 0, speed: 1 },
    { fromMs: 2500, toMs: 4000, atMs: 1000, speed: 1 },
  ])
})
