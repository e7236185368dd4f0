import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keptTime } from '../src/timeline/kept-reading.ts'
import { KeptTime } from '../src/timeline/kept-time.ts'
import { placedEvents } from '../src/timeline/placed-events.ts'
import { fixtureFacts, readFixture } from './fixture-facts.ts'

type MeetingFacts = {
  meeting_duration_ms: number
  recording_length_ms: number
  record_intervals_rel_ms: [number, number][]
  slide_states: { recorded_ms: number; presentation: string; slide_index0: number; deskshare: boolean }[]
  chat: { rel_ms: number; sender: string; text: string; recorded_ms: number | null }[]
  media_events: { rel_ms: number; event: string; file?: string }[]
}

const meetings = fixtureFacts.filter(
  ({ kind, facts }) => kind.startsWith('bbb-raw') && facts?.['root_tag'] !== undefined,
)
const published = fixtureFacts.filter(({ file }) => file.startsWith('bbb-published/') && file.endsWith('metadata.xml'))

describe('meetings of BigBlueButton', () => {
  it('have the lengths, slides, screens, chat and media that their manifest states, to the ms', async () => {
    for (const { file, facts } of meetings) {
      const stated = facts as MeetingFacts
      const reading = await readFixture(file.endsWith('/events.xml') ? dirname(file) : file)
      const kept = new KeptTime(reading.kept!)
      expect(reading.kept, file).toEqual(stated.record_intervals_rel_ms.map(([startMs, endMs]) => ({ startMs, endMs })))
      expect(kept.durationMs, file).toBe(stated.recording_length_ms)
      const events = placedEvents(reading.events, kept)
      const of = (kind: string) => events.filter((event) => event.kind === kind)

      // Of several states at one time the last is seen; the first, of no deck, is none of ours.
      const states = stated.slide_states.filter(
        (state, index, all) => all[index + 1]?.recorded_ms !== state.recorded_ms,
      )
      const flips = states.filter(({ presentation, slide_index0: index }, at) => {
        const before = states[at - 1]
        return presentation !== '' && (before?.presentation !== presentation || before.slide_index0 !== index)
      })
      expect(
        of('slide').map(({ t, data }) => [t, (data as { deck: string }).deck, (data as { index: number }).index]),
      ).toEqual(flips.map((state) => [state.recorded_ms, state.presentation, state.slide_index0]))
      const changes = states.filter(({ deskshare }, at) => deskshare !== (states[at - 1]?.deskshare ?? false))
      expect(of('screen').map(({ t, data }) => [t, (data as { on: boolean }).on])).toEqual(
        changes.map(({ recorded_ms: t, deskshare }) => [t, deskshare]),
      )
      const written = stated.chat.filter((message) => message.recorded_ms !== null)
      expect(of('chat').map(({ t, data }) => ({ t, ...(data as object) }))).toMatchObject(
        written.map(({ recorded_ms: t, sender, text }) => ({ t, sender, text })),
      )
      // Of each medium, that it is there or said to be missing, and when it begins.
      for (const { rel_ms: startMs, event, file: name } of stated.media_events) {
        if (!/^(StartRecording|DeskshareStarted)Event$/.test(event)) continue
        const track = reading.tracks.find((each) => each.file.endsWith(`/${name}`))
        const missing = reading.notes.find((note) => note.code === 'missing-media' && note.message.includes(name!))
        if (missing === undefined) expect(track?.startMs, `${file} ${name}`).toBe(startMs)
      }
    }
    expect(meetings.length === 0 || meetings.length >= 3).toBe(true)
  })

  it('from before sound had events have it where its name dates it', async () => {
    for (const { file } of meetings.filter(({ file: name }) => /bbb-raw\/8774263b[^/]*\/events\.xml$/.test(name))) {
      const { tracks, notes } = await readFixture(dirname(file))
      const places = tracks.map(({ role, startMs, endMs }) => [role, startMs, endMs])
      expect(places).toEqual([
        ['camera', 22_923, 72_512],
        ['screen', 51_520, 69_124],
        ['voice', 1_301_433_166_745 - 1_301_433_157_600, null],
      ])
      expect(notes.map(({ code }) => code)).toEqual(['time-from-name'])
    }
  })
})

describe('published recordings of BigBlueButton', () => {
  it('have the id, times and length that their manifest states', async () => {
    for (const { file, facts } of published) {
      const reading = await readFixture(dirname(file))
      expect(reading.format).toBe('bigbluebutton-published')
      expect(keptTime(reading, []).durationMs).toBe(Number(facts['playback_duration_ms']))
      expect(reading.metadata).toMatchObject({
        started: new Date(Number(facts['start_time'])).toISOString(),
        ended: new Date(Number(facts['end_time'])).toISOString(),
        source: { id: facts['id'], state: facts['state'] },
      })
    }
  })
})
