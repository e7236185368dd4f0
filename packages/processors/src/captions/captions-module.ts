import { contentKind, SRT, TTML, VTT } from '../content-kind.ts'
import { ConversionError } from '../conversion-error.ts'
import type { ModuleJob } from '../module-worker.ts'
import { type Cue, cleanText } from './cue.ts'
import { writePlainText } from './plain-text.ts'
import { parseSrt, writeSrt } from './srt.ts'
import { parseTtml, writeTtml } from './ttml.ts'
import { parseVtt, writeVtt } from './vtt.ts'

const readers: Readonly<Record<string, (text: string) => Cue[]>> = {
  [VTT]: parseVtt,
  [SRT]: parseSrt,
  [TTML]: parseTtml,
}

const writers: Readonly<Record<string, (cues: readonly Cue[]) => string>> = {
  [VTT]: writeVtt,
  [SRT]: writeSrt,
  [TTML]: writeTtml,
  'text/plain': writePlainText,
}

/** Captions and transcripts from one format to another. */
export function convertBytes(bytes: Uint8Array, { from, to }: ModuleJob): string {
  const kind = contentKind(from)
  const [read, write] = [readers[kind], writers[to]]
  if (read === undefined || write === undefined) {
    throw new ConversionError('not-handled', `no captions of ${kind} are made into ${to}`)
  }
  return write(read(cleanText(decode(bytes, kind))))
}

/** By its byte order mark, else UTF-8; old SubRip files that are neither are of Windows. */
function decode(bytes: Uint8Array, kind: string): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    if (kind === SRT) return new TextDecoder('windows-1252').decode(bytes)
    throw new ConversionError('input-refused', 'the text is not UTF-8')
  }
}
