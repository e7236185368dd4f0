import type { DeliveryView } from '@rushes/protocol'
import { describe, expect, it } from 'vitest'
import { arrivalStanding, liveStanding } from './recording-standing.ts'

const delivery: DeliveryView = {
  ...{ state: 'live', hlsUrl: '/r/a/stream/main.m3u8', dashUrl: null, sets: [], startedAt: null, silentMs: 900 },
  playableMs: { listed: 64_000, here: 60_000 },
  files: { listed: 34, here: 32 },
  bytes: { listed: 4_000_000, here: 3_600_000 },
}
const standing = (change: Partial<DeliveryView>) => {
  const { badge, note } = arrivalStanding({ ...delivery, ...change })
  return [badge?.words, note]
}

describe('a recording that is watched while it is made', () => {
  const words = (isSent: boolean, silentMs: number) => {
    const { badge, note } = liveStanding({ playlistUrl: '/r/a/live.m3u8', type: '', isSent, silentMs })
    return [badge?.words, note?.split('.')[0] ?? null]
  }

  it('is live, paused, or waits for its sender', () => {
    expect(words(true, 900)).toEqual(['Recording now', null])
    expect(words(true, 20_000)).toEqual(['Paused', 'Nothing is being recorded at the moment'])
    expect(words(false, 900)).toEqual(['Interrupted', 'The sender is away'])
  })
})

describe('a delivery that arrives', () => {
  it('is live, and no more is said while it keeps up', () => {
    expect(standing({})).toEqual(['Live', null])
    expect(standing({ files: { listed: 34, here: 0 } })).toEqual(['Not begun', 'Nothing has arrived yet.'])
  })

  it('says how far its network is behind', () => {
    const playableMs = { listed: 185_000, here: 60_000 }
    expect(standing({ playableMs })).toEqual(['Live', 'The last 2 minutes 5 seconds are still on their way here.'])
  })

  it('is not called live when nothing comes any more', () => {
    expect(standing({ silentMs: 60_000 })).toEqual([
      'Interrupted',
      'Nothing has arrived for 1 minute; it goes on by itself.',
    ])
  })

  it('is over before all of it is here', () => {
    expect(standing({ state: 'ended' })).toEqual([
      'Arriving',
      'The event is over. 90 % has arrived, 400 kB are still to come.',
    ])
    expect(standing({ state: 'ended', bytes: { listed: 0, here: 0 } })[1]).toContain('100 %')
  })
})
