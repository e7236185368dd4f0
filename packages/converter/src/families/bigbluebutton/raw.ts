// What BigBlueButton keeps of a meeting before it makes anything of it: events.xml, and beside it audio, video, deskshare and
// presentation(s). Versions 0.7 to 3.
import type { Note } from '@rushes/pipeline'
import { type FoundFile, folderOf } from '../../input/found-file.ts'
import { type Claim, type Family, type FileFacts, filesBelow, type Reading } from '../family.ts'
import { isEventsXml, type MeetingEvents, readEventsXml } from './events-xml.ts'
import { meetingClock } from './meeting-clock.ts'
import { meetingMedia } from './meeting-media.ts'
import { MeetingPeople, peopleEvents } from './meeting-people.ts'
import { meetingDecks, slideEvents } from './meeting-slides.ts'

export const bigBlueButtonRaw: Family = {
  format: 'bigbluebutton',

  async claims(files) {
    const found = await eventFiles(files)
    return found.map(({ name }): Claim => {
      const folder = folderOf(name)
      const root = folder === '' ? '' : `${folder}/`
      return { root }
    })
  },

  async read(files, { root }) {
    const own = filesBelow(files, root)
    const [eventsFile] = await eventFiles(own.filter(({ name }) => folderOf(name.slice(root.length)) === ''))
    return readMeeting(await readEventsXml(eventsFile!), eventsFile!.name, own)
  },
}

async function eventFiles(files: readonly FoundFile[]): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  for (const file of files) {
    const isMeeting = /^application\/xml;root=(recording|events)$/.test(file.kind) && (await isEventsXml(file))
    if (isMeeting) found.push(file)
  }
  return found.sort((left, right) => right.size - left.size)
}

/** @param files of the meeting. */
export function readMeeting(meeting: MeetingEvents, eventsName: string, files: readonly FoundFile[]): Reading {
  const { events, attributes, metadata, title, damage } = meeting
  const clock = meetingClock(meeting)
  const { firstMs, kept, startedAt, lengthMs } = clock
  const people = new MeetingPeople(events)
  const media = meetingMedia(events, files, clock)
  const notes: Note[] = [...media.notes]
  if (damage !== null) {
    const message = `it can be read up to ${lengthMs} ms after the first event: ${damage}`
    notes.push({ severity: 'warning', code: 'damaged', message, resource: eventsName })
  }
  const name = attributes.get('name') ?? metadata.get('meetingName') ?? title.trim()
  const version = attributes.get('bbb_version')
  const id = attributes.get('meeting_id') ?? attributes.get('id')
  const keptMs = kept.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
  const at = (ms: number): string => new Date(ms).toISOString()
  return {
    format: 'bigbluebutton',
    metadata: {
      ...(name !== '' && { title: name }),
      ...(startedAt !== null && { started: at(startedAt), ended: at(startedAt + lengthMs) }),
      attendees: people.attendees(),
      source: {
        ...{ system: 'BigBlueButton', meetingMs: lengthMs, recordedMs: keptMs, recorded: kept },
        ...(version !== undefined && { version }),
        ...(id !== undefined && { id }),
        ...(metadata.size > 0 && { metadata: Object.fromEntries(metadata) }),
      },
    },
    kept,
    tracks: media.tracks,
    decks: meetingDecks(files, events),
    files: new Map<string, FileFacts>([[eventsName, { title: 'Events of the meeting', tellsAll: keptMs < lengthMs }]]),
    events: [...slideEvents(events, firstMs), ...peopleEvents(events, firstMs, people), ...media.events],
    notes,
  }
}
