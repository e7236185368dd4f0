import type { RecordingView } from '@rushes/protocol'
import { html, type TemplateResult } from 'lit'
import { copyText } from '../app/clipboard.ts'
import { faultWords } from '../app/fault-words.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'
import { copyIcon, downloadIcon } from '../design/icons.ts'
import { fileName, publicLink, recordingSources } from './recording-links.ts'

/** The link that opens the recording for whoever has it; makes one where there is none. @throws ApiError */
export async function shareLink(recording: RecordingView): Promise<string> {
  return publicLink(recording.shareUrl ?? (await server.share(recording.id)).url)
}

export function copyLinkButton(recording: RecordingView, look: 'main' | 'quiet' = 'quiet'): TemplateResult {
  const copy = async () => {
    try {
      await copyText(await shareLink(recording), 'The link')
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }
  return html`<button class="button button-${look}" type="button" aria-label=${`Copy link to ${recording.title}`}
    @click=${copy}>${look === 'main' ? copyIcon : ''}Copy link</button>`
}

/** A link for each file there is. */
export function downloadLinks(recording: RecordingView): TemplateResult[] {
  const { src, srcWebm } = recordingSources(recording)
  const files = [
    { url: src, name: 'MP4', extension: 'mp4' },
    { url: srcWebm, name: 'WebM', extension: 'webm' },
  ]
  return files.flatMap(({ url, name, extension }) =>
    url === null
      ? []
      : [
          html`<a class="button" href=${url} download=${fileName(recording.title, extension)}>
            ${downloadIcon}Download ${name}</a>`,
        ],
  )
}
