// A meeting of ten seconds as BigBlueButton keeps it: recorded from 2 to 5 s and from 6 to 9 s.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '@rushes/sandbox'

const first = 5_000_000

const event = (ms: number, module: string, name: string, fields: Record<string, string | number> = {}): string => {
  const children = Object.entries(fields).map(([field, value]) => `    <${field}>${value}</${field}>\n`)
  return `  <event timestamp="${first + ms}" module="${module}" eventname="${name}">\n${children.join('')}  </event>\n`
}

const events = [
  event(0, 'PARTICIPANT', 'ParticipantJoinEvent', {
    userId: 'a',
    name: 'Ada',
    role: 'MODERATOR',
    timestampUTC: 1.7e12,
  }),
  event(500, 'PRESENTATION', 'SharePresentationEvent', { presentationName: 'deck', originalFilename: 'Talk.pdf' }),
  event(1000, 'VOICE', 'StartRecordingEvent', { filename: '/somewhere/m-5001000.wav' }),
  event(1500, 'WEBCAM', 'StartWebcamShareEvent', { stream: 'cam-a' }),
  event(2000, 'PARTICIPANT', 'RecordStatusEvent', { status: 'true' }),
  event(2500, 'CHAT', 'PublicChatEvent', { sender: 'Ada', message: 'Hello' }),
  event(3000, 'PRESENTATION', 'GotoSlideEvent', { slide: 1 }),
  event(5000, 'PARTICIPANT', 'RecordStatusEvent', { status: 'false' }),
  event(5400, 'CHAT', 'PublicChatEvent', { sender: 'Ada', message: 'Off the record' }),
  event(5450, 'PRESENTATION', 'GotoSlideEvent', { slide: 2 }),
  event(5500, 'WEBCAM', 'StopWebcamShareEvent', { stream: 'cam-a' }),
  event(6000, 'PARTICIPANT', 'RecordStatusEvent', { status: 'true' }),
  event(6500, 'Deskshare', 'DeskshareStartedEvent', { file: '/somewhere/d.flv' }),
  event(7000, 'CHAT', 'PublicChatEvent', { sender: 'Bob', message: 'I see <![CDATA[<it>]]>' }),
  event(9000, 'PARTICIPANT', 'RecordStatusEvent', { status: 'false' }),
  event(9000, 'VOICE', 'StopRecordingEvent', { filename: '/somewhere/m-5001000.wav' }),
  event(9500, 'Deskshare', 'DeskshareStoppedEvent', { file: '/somewhere/d.flv' }),
  event(10_000, 'PARTICIPANT', 'EndAndKickAllEvent'),
]

/** What becomes of it: kind and time of each event, and what tells it from others of its kind. */
export const smallMeetingEvents: readonly unknown[] = [
  [0, 'slide', 0],
  [0, 'join', 'Ada'],
  [500, 'chat', 'Hello'],
  [1000, 'slide', 1],
  [3000, 'slide', 2],
  [3500, 'screen', true],
  [4000, 'chat', 'I see <it>'],
]

/** Hue of what is seen when, ms: the camera is red, the screen blue, and where there is neither it is black. */
export const smallMeetingColours: readonly (readonly [number, 'red' | 'black' | 'blue'])[] = [
  [100, 'red'],
  [2800, 'red'],
  [3200, 'black'],
  [3700, 'blue'],
  [5800, 'blue'],
]

const flv = ['-c:v', 'flv', '-q:v', '3', '-f', 'flv']

/** @param pages of the deck */
export async function makeSmallMeeting(folder: string, pages = 3): Promise<string> {
  const meeting = join(folder, 'm-1')
  const places = ['audio', 'video/m-1', 'deskshare', 'presentation/deck']
  for (const place of places) await mkdir(join(meeting, place), { recursive: true })
  const xml = `<?xml version="1.0"?>\n<recording meeting_id="m-1" bbb_version="2.0.0">\n${events.join('')}</recording>\n`
  await writeFile(join(meeting, 'events.xml'), xml)
  await writeFile(join(meeting, 'presentation/deck/deck.pdf'), smallPdf(pages))
  const source = (text: string) => ['-f', 'lavfi', '-i', text]
  const colour = (name: string, size: string, seconds: number) => source(`color=${name}:s=${size}:r=5:d=${seconds}`)
  const silence = 'aevalsrc=if(between(mod(t\\,1)\\,0\\,0.5)\\,0.5*sin(2*PI*440*t)\\,0):s=8000:d=8'
  await ffmpeg([...source(silence), '-c:a', 'pcm_s16le', join(meeting, 'audio/m-5001000.wav')])
  await ffmpeg([...colour('red', '96x72', 4), ...flv, join(meeting, 'video/m-1/cam-a.flv')])
  await ffmpeg([...colour('blue', '160x120', 3), ...flv, join(meeting, 'deskshare/d.flv')])
  return meeting
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  await runProgram({
    program: 'ffmpeg',
    args: ['-v', 'error', '-nostdin', '-y', '-bitexact', ...args],
    timeLimitMs: 60_000,
  })
}

/** Each page says its number. @param broken pages that lack something */
export function smallPdf(pages: number, broken: readonly number[] = []): Buffer {
  return pdfOf(
    Array.from({ length: pages }, (_, index) => {
      // What is to be drawn there is not in the document: the rest of the page can be.
      const missing = broken.includes(index + 1) ? ' /Nothing Do' : ''
      return `BT /F 40 Tf 30 80 Td (Page ${index + 1}) Tj ET${missing}`
    }),
  )
}

/** ISO 32000-1 §7.5. @param contents of pages of 320 × 180 points; the font is `/F` */
export function pdfOf(contents: readonly string[]): Buffer {
  const kids = contents.map((_, index) => `${4 + 2 * index} 0 R`)
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Count ${contents.length}/Kids[${kids.join(' ')}]>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
  ]
  for (const [index, content] of contents.entries()) {
    const resources = '/Resources<</Font<</F 3 0 R>>>>'
    objects.push(
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 320 180]${resources}/Contents ${5 + 2 * index} 0 R>>`,
      stream(content),
    )
  }
  let text = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const at = text.length
    text += `${index + 1} 0 obj\n${object}\nendobj\n`
    return at
  })
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('')
  const xref = text.length
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\n`
  return Buffer.from(`${text}startxref\n${xref}\n%%EOF\n`, 'latin1')
}

function stream(content: string): string {
  return `<</Length ${content.length}>>stream\n${content}\nendstream`
}
