// Everything that has words and times as WebVTT (https://www.w3.org/TR/webvtt1/), one file each.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Cue, writeVtt } from '@rushes/processors'
import { ConvertError } from '../convert-error.ts'
import type { Chapter, ExportContent } from './export-content.ts'

export type WrittenFile = { name: string; bytes: number }

/** A message is shown so long, or until the next one. */
const messageMs = 5000

/** Captions and transcripts by their languages, chapters, and the chat. @param folder is there */
export async function writeWebTexts(folder: string, content: ExportContent): Promise<WrittenFile[]> {
  const files: WrittenFile[] = []
  const taken = new Set<string>()
  const write = async (stem: string, cues: readonly Cue[]): Promise<void> => {
    let name = `${stem}.vtt`
    for (let count = 2; taken.has(name); count++) name = `${stem}-${count}.vtt`
    taken.add(name)
    const text = writeVtt(cues)
    await writeFile(join(folder, name), text)
    files.push({ name, bytes: Buffer.byteLength(text) })
  }
  for (const { kind, language, cues } of content.texts) {
    await write([kind, ...(/^[\w-]{1,35}$/.test(language) ? [language] : [])].join('.'), cues)
  }
  if (content.chapters.length > 0) await write('chapters', content.chapters.map(chapterCue))
  const chat = chatCues(content)
  if (chat.length > 0) await write('chat', chat)
  if (files.length === 0) {
    throw new ConvertError('nothing-found', 'there are no captions, no transcript, no slides, marks or messages in it')
  }
  return files
}

function chapterCue({ startMs, endMs, title }: Chapter): Cue {
  return { startMs, endMs, spans: [{ text: title }] }
}

function chatCues({ events }: ExportContent): Cue[] {
  const messages = events.flatMap(({ t, kind, data }) => {
    const { sender, text } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>
    // A line that is empty would end its cue.
    const said = typeof text === 'string' ? text.trim().replaceAll(/\n\s*\n/g, '\n') : ''
    if (kind !== 'chat' || said === '') return []
    return [{ t, text: said, sender: typeof sender === 'string' ? sender.replaceAll(/\s+/g, ' ').trim() : '' }]
  })
  return messages.map(({ t, sender, text }, index) => {
    const next = messages.slice(index + 1).find((each) => each.t > t)?.t ?? Number.POSITIVE_INFINITY
    const spans = [{ text, ...(sender !== '' && { voice: sender }) }]
    return { startMs: t, endMs: Math.min(t + messageMs, next), spans }
  })
}
