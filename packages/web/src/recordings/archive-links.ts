import type { RecordingView } from '@rushes/protocol'
import { html, type TemplateResult } from 'lit'
import { downloadIcon } from '../design/icons.ts'
import { fileName, ownAddress } from './recording-links.ts'

/** Whoever it belongs to gets all that is in it; whoever has its link, what everybody may read. */
export type ArchiveReader = 'owner' | 'link'

/** Of the recording as an archive; null while there is none. */
export function archiveAddress(recording: RecordingView, reader: ArchiveReader, here?: string): string | null {
  if (recording.state !== 'published') return null
  if (reader === 'owner') return `/api/v1/recordings/${recording.id}/file.umf`
  return recording.umfUrl == null ? null : ownAddress(recording.umfUrl, here)
}

/** Where it is shown what is inside it. */
export function inspectAddress(archive: string): string {
  return `/inspect?file=${encodeURIComponent(archive)}`
}

/** The recording with everything that belongs to it as one file, and a look inside it. */
export function archiveLinks(
  recording: RecordingView,
  reader: ArchiveReader,
  look: 'plain' | 'quiet' = 'plain',
): TemplateResult | string {
  const address = archiveAddress(recording, reader)
  if (address === null) return ''
  const { title } = recording
  const button = look === 'quiet' ? 'button button-quiet' : 'button'
  return html`<a class=${button} href=${address} download=${fileName(title, 'umf')}
      aria-label=${`Download UMF of ${title}`} title="Picture, sound, marks and everything else of it in one file"
      >${look === 'plain' ? downloadIcon : ''}Download UMF</a>
    <a class=${button} href=${inspectAddress(address)} aria-label=${`Look inside ${title}`}>Look inside</a>`
}
