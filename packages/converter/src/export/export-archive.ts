// An archive out again, in a form that others take.
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Note } from '@rushes/pipeline'
import type { Archive, Source } from '@rushes/umf'
import { openFile } from '@rushes/umf/node'
import { exportContent } from './export-content.ts'
import { writeMediaPackage } from './mediapackage.ts'
import { writeOfflinePage } from './offline-page.ts'
import { putWhole } from './put-whole.ts'
import { type VideoOptions, writeSingleVideo } from './single-video.ts'
import { seesAll, writeVisibleCopy } from './visible-copy.ts'
import { writeWebTexts } from './web-texts.ts'

export type ExportForm = 'video' | 'opencast' | 'vtt' | 'html'

export type ExportOptions = {
  /** As the one sees it who is to have what comes out. */
  archive: Archive
  /** The file that it is. */
  source: Source
  to: ExportForm
  output: string
  /** Replaces a file that is there. */
  force?: boolean
  video?: VideoOptions
  /** Of `html`: the script of the player (see `writeOfflinePage`). */
  player?: () => Promise<string>
  signal?: AbortSignal
  onProgress?(fraction: number): void
}

/** `files`: names within a folder or a zip; else none. */
export type Exported = { bytes: number; files: string[]; durationMs: number; notes: Note[] }

type Place = { folder: string; result: string }

/**
 * What it makes is there as a whole, or not at all.
 *
 * @throws ConvertError `file-exists`, `no-such-file`, `nothing-found`, `too-large`; ConversionError; UmfError
 */
export async function exportArchive(options: ExportOptions): Promise<Exported> {
  const { archive, source, to, output, force = false, video = {}, player, onProgress = () => {} } = options
  const signal = options.signal ?? new AbortController().signal
  const making = { signal, onProgress }
  const content = await exportContent(archive, signal)
  const { notes, durationMs, title } = content
  const hidden = archive.state.description.items.length - archive.items().length
  if (hidden > 0) {
    const message = `${hidden === 1 ? 'one item is' : `${hidden} items are`} not for whom this is made, and left out`
    notes.push({ severity: 'info', code: 'kept-back', message })
  }
  const forms: Record<ExportForm, (place: Place) => Promise<Pick<Exported, 'bytes' | 'files'>>> = {
    async vtt({ result }) {
      await mkdir(result)
      const files = await writeWebTexts(result, content)
      return { files: files.map(({ name }) => name), bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }
    },
    async opencast({ folder, result }) {
      const files = await writeMediaPackage(result, folder, content, making)
      return { files, bytes: (await stat(result)).size }
    },
    async video({ folder, result }) {
      await writeSingleVideo(result, folder, content, video, making)
      return { files: [], bytes: (await stat(result)).size }
    },
    async html({ folder, result }) {
      if (player === undefined) throw new Error('a page needs the script of a player')
      const language = typeof archive.metadata['language'] === 'string' ? archive.metadata['language'] : ''
      const page = { title, language, player: await player() }
      if (seesAll(archive)) await writeOfflinePage(result, { ...page, source }, making)
      else {
        const copy = join(folder, 'visible.umf')
        await writeVisibleCopy(archive, copy, signal)
        await using visible = await openFile(copy)
        await writeOfflinePage(result, { ...page, source: visible }, making)
      }
      return { files: [], bytes: (await stat(result)).size }
    },
  }
  const made = await putWhole(output, { force }, forms[to])
  return { ...made, durationMs, notes }
}
