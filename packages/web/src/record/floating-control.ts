// A small window that stays on top of all others (Document Picture-in-Picture), with what one needs while recording
// something else.
import { html, render, type TemplateResult } from 'lit'
import { pauseIcon, resumeIcon } from '../design/icons.ts'
import { formatLength } from '../figures.ts'
import { onRecord, pauseOrResume, recordProgress, recordState, stop } from './record-session.ts'

type FloatingWindows = { requestWindow(options: { width: number; height: number }): Promise<Window> }

function floatingWindows(): FloatingWindows | null {
  return (globalThis as { documentPictureInPicture?: FloatingWindows }).documentPictureInPicture ?? null
}

export function canFloat(): boolean {
  return floatingWindows() !== null
}

let floating: Window | null = null

/** Opens the window, or closes it where it is open. Call it from a click. @throws DOMException */
export async function toggleFloating(): Promise<void> {
  if (floating !== null) {
    floating.close()
    return
  }
  const opened = await floatingWindows()!.requestWindow({ width: 340, height: 132 })
  floating = opened
  const { document: page } = opened
  page.title = 'Recording'
  page.documentElement.lang = 'en'
  for (const sheet of document.querySelectorAll('link[rel="stylesheet"], style'))
    page.head.append(sheet.cloneNode(true))
  const draw = () => {
    if (recordState().step === 'live') render(control(), page.body)
    else opened.close()
  }
  const unlisten = onRecord(draw)
  opened.addEventListener('pagehide', () => {
    unlisten()
    floating = null
  })
  draw()
}

function control(): TemplateResult {
  const now = recordState()
  if (now.step !== 'live') return html``
  const { capture, paused } = now
  const muted = capture.isMuted('microphone')
  const hasMicrophone = capture.sources.some(({ kind, live }) => kind === 'microphone' && live)
  return html`<div class="floating">
    <div class="live-time">
      <span class="live-light ${paused ? 'is-paused' : ''}" aria-hidden="true"></span>
      <span class="live-clock figures" role="timer">${formatLength(recordProgress()?.durationMs ?? 0)}</span>
      <span class="soft" role="status">${capture.silent && !paused ? 'No sound' : paused ? 'Paused' : 'Recording'}</span>
    </div>
    <div class="buttons">
      <button class="button" type="button" @click=${stop}>Stop</button>
      <button class="button" type="button" @click=${pauseOrResume}>${paused ? resumeIcon : pauseIcon}${paused ? 'Resume' : 'Pause'}</button>
      ${
        hasMicrophone
          ? html`<button class="button" type="button" @click=${() => {
              capture.mute('microphone', !muted)
              render(control(), floating!.document.body)
            }}>${muted ? 'Unmute' : 'Mute'}</button>`
          : ''
      }
    </div>
  </div>`
}
