import type { Note } from '@rushes/pipeline'
import type { TimelineEvent } from '@rushes/umf'
import { baseName, type FoundFile, stemOf } from '../../input/found-file.ts'
import type { Track } from '../family.ts'
import type { MeetingEvent } from './events-xml.ts'
import type { MeetingClock } from './meeting-clock.ts'

export type MeetingMedia = { tracks: Track[]; events: TimelineEvent[]; notes: Note[] }

type Role = Exclude<Track['role'], 'main'>

/** What begins or ends a medium, and the element that names it. */
const starts: Readonly<Record<string, { role: Role; field: string }>> = {
  StartRecordingEvent: { role: 'voice', field: 'filename' },
  StartWebcamShareEvent: { role: 'camera', field: 'stream' },
  StartWebRTCShareEvent: { role: 'camera', field: 'filename' },
  DeskshareStartedEvent: { role: 'screen', field: 'file' },
  StartWebRTCDesktopShareEvent: { role: 'screen', field: 'filename' },
}
const stops: typeof starts = {
  StopRecordingEvent: { role: 'voice', field: 'filename' },
  StopWebcamShareEvent: { role: 'camera', field: 'stream' },
  StopWebRTCShareEvent: { role: 'camera', field: 'filename' },
  DeskshareStoppedEvent: { role: 'screen', field: 'file' },
  StopWebRTCDesktopShareEvent: { role: 'screen', field: 'filename' },
}
const folders: Readonly<Record<Role, RegExp>> = {
  voice: /(?:^|\/)audio\//,
  camera: /(?:^|\/)video\//,
  screen: /(?:^|\/)deskshare\//,
}

type Share = { role: Role; given: string; startMs: number; endMs: number | null; user: string }

/** Sound, cameras and screens with their places on the event's clock, and what is said of them. */
export function meetingMedia(
  events: readonly MeetingEvent[],
  files: readonly FoundFile[],
  { firstMs, lengthMs }: MeetingClock,
): MeetingMedia {
  const shares = sharesOf(events, firstMs)
  const result: MeetingMedia = { tracks: [], events: [], notes: [] }
  const taken = new Set<string>()
  for (const share of shares) {
    const { role, given, startMs } = share
    const endMs = share.endMs ?? lengthMs
    const file = fileOf(share, files, taken)
    if (file === null) {
      const what = given === '' ? `the ${role} that begins at ${startMs} ms` : baseName(given)
      result.notes.push({ severity: 'warning', code: 'missing-media', message: `${what} is not in the archive` })
    } else {
      taken.add(file.name)
      result.tracks.push({
        file: file.name,
        role,
        startMs,
        endMs,
        isStretched: role === 'voice' && share.endMs !== null,
      })
    }
    if (role !== 'screen') continue
    const resource = file === null ? {} : { resource: file.name }
    result.events.push({ t: startMs, kind: 'screen', ...resource, data: { on: true } })
    result.events.push({ t: endMs, kind: 'screen', data: { on: false } })
  }
  const rest = files.filter(({ name }) => !taken.has(name))
  placeByName(rest, { firstMs, lengthMs }, result)
  return result
}

/** In their order; a stop belongs to the last open share of the same name, or of the same user where there is none. */
function sharesOf(events: readonly MeetingEvent[], firstMs: number): Share[] {
  const shares: Share[] = []
  const open: Share[] = []
  const end = (share: Share, t: number): void => {
    share.endMs = Math.max(share.startMs, t)
    open.splice(open.indexOf(share), 1)
  }
  const begin = (share: Omit<Share, 'endMs'>): void => {
    const begun = { ...share, endMs: null }
    // One screen at a time; a name that begins again without an end was cut off there.
    for (const other of open.filter(
      ({ role, given }) => role === share.role && (role === 'screen' || given === share.given),
    )) {
      end(other, share.startMs)
    }
    shares.push(begun)
    open.push(begun)
  }
  for (const { name, timestamp, fields } of events) {
    const t = Math.max(0, timestamp - firstMs)
    const user = fields.get('userId') ?? ''
    const [started, stopped] = [starts[name], stops[name]]
    if (started !== undefined) begin({ role: started.role, given: fields.get(started.field) ?? '', startMs: t, user })
    else if (stopped !== undefined) {
      const given = fields.get(stopped.field) ?? ''
      const share =
        open.findLast((each) => each.role === stopped.role && baseName(each.given) === baseName(given)) ??
        (stopped.role === 'screen' ? open.findLast((each) => each.role === 'screen') : undefined)
      if (share !== undefined) end(share, t)
    } else if (name === 'ParticipantStatusChangeEvent' && fields.get('status') === 'hasStream') {
      // `true,stream=NAME`; the oldest say `true` alone.
      const [, on, given = ''] = /^(true|false)(?:,stream=(.*))?$/s.exec(fields.get('value') ?? '') ?? []
      const isOpen = (each: Share): boolean =>
        each.role === 'camera' && (given === '' ? each.user === user : each.given === given)
      if (on === 'true' && !open.some(isOpen)) begin({ role: 'camera', given, startMs: t, user })
      const share = on === 'false' ? open.findLast(isOpen) : undefined
      if (share !== undefined) end(share, t)
    }
  }
  return shares
}

const media = /^(audio|video)\//

/** By its whole name, else without the ending, since sound is often stored in another form; by user where it has no name. */
function fileOf(
  { role, given, user }: Share,
  files: readonly FoundFile[],
  taken: ReadonlySet<string>,
): FoundFile | null {
  const candidates = files.filter(({ kind, name }) => media.test(kind) && !taken.has(name))
  const own = candidates.filter(({ name }) => folders[role].test(name))
  if (given === '') {
    const ofUser = own.filter(({ name }) => baseName(name).split('-').includes(user))
    return (user === '' ? null : ofUser[0]) ?? (own.length === 1 ? own[0]! : null)
  }
  for (const among of [own, candidates]) {
    const found =
      among.find(({ name }) => baseName(name) === baseName(given)) ??
      among.find(({ name }) => stemOf(name) === baseName(given)) ??
      among.find(({ name }) => stemOf(name) === stemOf(given))
    if (found !== undefined) return found
  }
  return null
}

/** What no event tells of: its name may end in the time at which it began, on the clock of the events. */
function placeByName(
  files: readonly FoundFile[],
  { firstMs, lengthMs }: Pick<MeetingClock, 'firstMs' | 'lengthMs'>,
  { tracks, notes }: MeetingMedia,
): void {
  for (const { name, kind } of files) {
    if (!media.test(kind)) continue
    const role = (Object.keys(folders) as Role[]).find((each) => folders[each].test(name))
    if (role === undefined) continue
    const stamp = Number(/-(\d{6,16})\.[^.]+$/.exec(baseName(name))?.[1] ?? Number.NaN) - firstMs
    if (role === 'voice' && stamp >= 0 && stamp <= lengthMs) {
      tracks.push({ file: name, role, startMs: stamp, endMs: null })
      const message = `no event says when it begins: its name does, ${stamp} ms after the first event`
      notes.push({ severity: 'info', code: 'time-from-name', message, resource: name })
    } else {
      const message = 'no event says when it was: it is kept without a place on the timeline'
      notes.push({ severity: 'warning', code: 'no-time', message, resource: name })
    }
  }
}
