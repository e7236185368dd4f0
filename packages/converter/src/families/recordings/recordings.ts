// What meeting systems hand out as loose files, and plain folders of media: sound and video, and beside them captions, chat,
// slides and lists of those who were there. Which system it was is told by the forms of what lies beside the media.
import type { Note } from '@rushes/pipeline'
import { ConversionError, type Cue, parseTtml, writeVtt } from '@rushes/processors'
import type { TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import { type FoundFile, readStart, readText, stemOf, textOfBytes } from '../../input/found-file.ts'
import { type SpokenCue, speakerTurns, spokenCues } from '../cues.ts'
import type { Family, FileFacts, MoreItem, Reading, Track } from '../family.ts'
import { decksAmong } from '../unknown.ts'
import { type Attendance, attendanceOf } from './attendance.ts'
import { mendedWords } from './mended-words.ts'
import { recordedSegments, type Segments } from './segments.ts'
import { folderTimeOfDay, gmtStamp, type ZoomChat, zoomChat } from './zoom-chat.ts'

const mostText = 32 * 1024 * 1024
const isCaptions = ({ kind }: FoundFile): boolean => /^(text\/vtt|application\/(x-subrip|ttml\+xml))$/.test(kind)
const isMedia = ({ kind }: FoundFile): boolean => /^(audio|video)\//.test(kind)

export const recordings: Family = {
  format: 'media',
  isFallback: true,

  async claims(files) {
    const isKnown = files.some((file) => isMedia(file) || isCaptions(file) || file.kind === 'text/x-subviewer')
    if (!isKnown && !(await hasTable(files))) return []
    return [{ root: '' }]
  },

  async read(files) {
    return await new Recording(files).read()
  },
}

async function hasTable(files: readonly FoundFile[]): Promise<boolean> {
  for (const file of files) {
    const text = await textOf(file)
    if (text !== null && (zoomChat(text) !== null || attendanceOf(text) !== null)) return true
  }
  return false
}

async function textOf(file: FoundFile): Promise<string | null> {
  return file.kind === 'text/plain' && file.size <= mostText ? await readText(file, mostText) : null
}

type Transcript = { file: FoundFile; startMs: number; cues: SpokenCue[]; isTeams: boolean; isZoom: boolean }

class Recording {
  readonly #files: readonly FoundFile[]
  readonly #segments: Segments
  readonly #notes: Note[] = []
  readonly #facts = new Map<string, FileFacts>()
  readonly #more: MoreItem[] = []

  constructor(files: readonly FoundFile[]) {
    this.#files = files
    this.#segments = recordedSegments(files)
  }

  async read(): Promise<Reading> {
    const transcripts = await this.#transcripts()
    const chats: { file: FoundFile; chat: ZoomChat }[] = []
    let attendance: { file: FoundFile; report: Attendance } | null = null
    for (const file of this.#files) {
      const text = await textOf(file)
      const chat = text === null ? null : zoomChat(text)
      const report = text === null || chat !== null ? null : attendanceOf(text)
      if (chat !== null) chats.push({ file, chat })
      if (report !== null) attendance = { file, report }
    }
    const meet = this.#files.filter(({ kind }) => kind === 'text/x-subviewer')
    const isZoom =
      chats.length > 0 ||
      transcripts.some((each) => each.isZoom) ||
      this.#files.some(({ name }) => gmtStamp(name) !== null)
    const isTeams = attendance !== null || transcripts.some((each) => each.isTeams)
    const format = isZoom
      ? 'zoom'
      : isTeams
        ? 'teams'
        : meet.length > 0
          ? 'meet'
          : this.#files.some(isMedia) || transcripts.length > 0
            ? 'media'
            : 'folder'
    const events = [
      ...(await this.#chatEvents(chats)),
      ...(await this.#meetChat(meet)),
      ...turnsOf(transcripts),
      ...(attendance === null ? [] : this.#attendanceEvents(attendance)),
    ]
    const started =
      this.#segments.firstMs ?? this.#files.map(({ name }) => gmtStamp(name)).find((stamp) => stamp !== null)
    const report = attendance?.report
    return {
      format,
      metadata: {
        ...(report !== undefined && report.title !== '' && { title: report.title }),
        ...(started !== undefined && started !== null && { started: new Date(started).toISOString() }),
        ...(report !== undefined && { attendees: attendeesOf(report) }),
      },
      ...{
        kept: null,
        tracks: this.#tracks(),
        decks: decksAmong(this.#files),
        unplaced: this.#unplaced(),
        files: this.#facts,
        more: this.#more,
        events,
        notes: this.#notes,
      },
    }
  }

  /** The largest picture is what is seen; a sound of the same name is the same sound once more. */
  #tracks(): Track[] {
    const { main, startOf } = this.#segments
    for (const file of this.#files.filter(isMedia)) this.#facts.set(file.name, { startMs: startOf(file) })
    return main.map(({ file, startMs }) => ({ file: file.name, role: 'main', startMs, endMs: null }))
  }

  /** Other recordings: those that are called like one that is seen are its sound, or itself in another form. */
  #unplaced(): string[] {
    const seen = new Set(this.#segments.main.map(({ file }) => file.name))
    const stems = new Set([...seen].map(stemOf))
    const others = this.#files.filter((file) => isMedia(file) && !seen.has(file.name))
    return others.map(({ name }) => name).filter((name) => !stems.has(stemOf(name)))
  }

  async #transcripts(): Promise<Transcript[]> {
    const found: Transcript[] = []
    for (const file of this.#files) {
      if (!isCaptions(file) || file.size > mostText) continue
      const bytes = await readStart(file, file.size)
      const text = textOfBytes(bytes)
      const startMs = this.#segments.startOf(file)
      if (file.kind === 'application/ttml+xml') {
        const cues = this.#ttml(file, text)
        if (cues !== null) found.push({ file, startMs, cues, isTeams: false, isZoom: false })
        continue
      }
      const cues = spokenCues(text)
      const isVtt = file.kind === 'text/vtt'
      const isTeams = isVtt && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\/\d+-\d+)?[ \t]*$/m.test(text)
      // Numbered cues, of which most say who speaks.
      const isNumbered = isVtt && /^WEBVTT[^\n]*\n(?:[ \t\r]*\n)+1[ \t\r]*\n[^\n]*-->/.test(text.replace(/^\ufeff/, ''))
      const named = cues.filter(({ speaker }) => speaker !== null).length
      const isZoom = gmtStamp(file.name) !== null || (isNumbered && !/<v[ .]/.test(text) && named * 2 > cues.length)
      found.push({ file, startMs, cues, isTeams, isZoom })
      const language = /[._-]([a-z]{2}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?)$/.exec(stemOf(file.name))?.[1]
      const endMs = startMs + cues.reduce((most, cue) => Math.max(most, cue.endMs), 0)
      this.#facts.set(file.name, { type: 'transcript', startMs, endMs, ...(language !== undefined && { language }) })
      const mended = cues.length === 0 ? null : mendedWords(file, { bytes, text, cues, startMs, language })
      if (mended === null) continue
      this.#more.push(mended.item)
      this.#facts.set(file.name, { type: 'data', startMs, endMs })
      this.#notes.push(mended.note)
    }
    return found
  }

  /** Which players show is WebVTT: it is written as that too. Null: nothing in it can be read, which is told. */
  #ttml(file: FoundFile, text: string): SpokenCue[] | null {
    let cues: Cue[]
    try {
      cues = parseTtml(text)
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error
      const message = `it can't be read, and is kept as it is: ${error.message}`
      this.#notes.push({ severity: 'warning', code: 'damaged', message, resource: file.name })
      return null
    }
    const endMs = cues.reduce((most, cue) => Math.max(most, cue.endMs), 0)
    const language = /\bxml:lang="([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)"/.exec(text.slice(0, 4096))?.[1]
    this.#facts.set(file.name, { type: 'data', startMs: 0, endMs })
    this.#more.push({
      ...{ name: `${file.name.replace(/\.[^./]*$/, '')} (from TTML).vtt`, type: 'transcript', contentType: 'text/vtt' },
      ...{ startMs: 0, endMs, from: [file.name], title: 'Transcript', text: writeVtt(cues) },
      ...(language !== undefined && { language }),
    })
    return cues.map(({ startMs, endMs: until, spans }) => ({
      ...{ startMs, endMs: until, speaker: spans.find(({ voice }) => voice !== undefined)?.voice ?? null },
      text: spans.map((span) => span.text).join(''),
    }))
  }

  async #chatEvents(chats: readonly { file: FoundFile; chat: ZoomChat }[]): Promise<TimelineEvent[]> {
    const events: TimelineEvent[] = []
    for (const { file, chat } of chats) {
      const offsetMs = await this.#chatOffset(file, chat)
      this.#facts.set(file.name, { type: 'chat' })
      if (offsetMs === null) {
        const message =
          'it counts from where the meeting began, and nothing says when recording did: messages may be early'
        this.#notes.push({ severity: 'warning', code: 'unknown-offset', message, resource: file.name })
      }
      const day = 24 * 3_600_000
      for (const { atMs, sender, to, text } of chat.messages) {
        // What is in the clock of the wall may pass midnight.
        const since =
          chat.clock === 'wall'
            ? (((atMs - (offsetMs ?? chat.messages[0]!.atMs)) % day) + day) % day
            : atMs - (offsetMs ?? 0)
        if (since < 0) continue
        events.push({ t: since, kind: 'chat', data: { sender, text, ...(to !== null && { to }) } })
      }
    }
    return events
  }

  /** Where on the chat's own clock recording began. */
  async #chatOffset(file: FoundFile, { clock }: ZoomChat): Promise<number | null> {
    if (clock === 'wall') return folderTimeOfDay(file.name) ?? folderTimeOfDay(file.path)
    const recording =
      this.#segments.firstMs ?? [file, ...this.#files].map(({ name }) => gmtStamp(name)).find((stamp) => stamp !== null)
    const meeting = await this.#meetingStart()
    if (meeting === null) return null
    const began = meeting.recordingStart ?? recording ?? null
    return began === null ? null : Math.max(0, began - meeting.start)
  }

  /** Zoom's own answer about a recording, where it was saved beside it. */
  async #meetingStart(): Promise<{ start: number; recordingStart: number | null } | null> {
    for (const file of this.#files) {
      if (file.kind !== 'application/json' || file.size > 1024 * 1024) continue
      try {
        const { start_time: start, recording_files: list = [] } = meetingSchema.parse(
          JSON.parse(await readText(file, 1024 * 1024)),
        )
        const times = list.map(({ recording_start: at = '' }) => Date.parse(at)).filter(Number.isFinite)
        if (Number.isFinite(Date.parse(start))) {
          return { start: Date.parse(start), recordingStart: times.length === 0 ? null : Math.min(...times) }
        }
      } catch {
        // Some other JSON.
      }
    }
    return null
  }

  async #meetChat(files: readonly FoundFile[]): Promise<TimelineEvent[]> {
    const events: TimelineEvent[] = []
    for (const file of files) {
      this.#facts.set(file.name, { type: 'chat', startMs: 0 })
      for (const { startMs, speaker, text } of spokenCues(await readText(file, mostText))) {
        events.push({ t: startMs, kind: 'chat', data: { sender: speaker ?? '', text } })
      }
    }
    return events
  }

  #attendanceEvents({ file, report }: { file: FoundFile; report: Attendance }): TimelineEvent[] {
    this.#facts.set(file.name, { title: 'Attendance', startMs: 0, endMs: report.endMs - report.startMs })
    if (this.#files.some(isMedia)) {
      const message = 'it counts from where the meeting began, and nothing says when recording did'
      this.#notes.push({ severity: 'warning', code: 'unknown-offset', message, resource: file.name })
    }
    return report.stays.flatMap(({ name, role, joinMs, leaveMs }): TimelineEvent[] => [
      { t: Math.max(0, joinMs - report.startMs), kind: 'join', data: { name, ...(role !== '' && { role }) } },
      { t: Math.max(0, leaveMs - report.startMs), kind: 'leave', data: { name } },
    ])
  }
}

const meetingSchema = z.looseObject({
  start_time: z.string(),
  recording_files: z.array(z.looseObject({ recording_start: z.string().optional() })).optional(),
})

/** Of the first that tells of a segment: others are the same in other languages. */
function turnsOf(transcripts: readonly Transcript[]): TimelineEvent[] {
  const told = new Map<number, TimelineEvent[]>()
  for (const { startMs, cues } of transcripts) {
    const turns = told.has(startMs) ? [] : speakerTurns(cues)
    if (turns.length === 0) continue
    const events = turns.map(({ t, name, endMs }) => {
      return { t: startMs + t, kind: 'speaker', data: { name, endMs: startMs + endMs } }
    })
    told.set(startMs, events)
  }
  return [...told.values()].flat()
}

function attendeesOf({ stays }: Attendance): { name: string; role?: string }[] {
  const roles = new Map(stays.map(({ name, role }) => [name, role]))
  return [...roles].map(([name, role]) => ({ name, ...(role !== '' && { role }) }))
}
