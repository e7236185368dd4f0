import { keptInside, type Point, portionBetween, type Rect } from '@rushes/recorder'
import { html, render, type TemplateResult } from 'lit'
import { styled } from '../design/styled.ts'

const whole: Rect = { x: 0, y: 0, width: 1, height: 1 }
const steps: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}

/**
 * Lets a portion be drawn on a still of the screen that is captured. Answers it, null for all of the screen, or undefined
 * where the dialogue was closed.
 */
export function choosePortion(screen: HTMLVideoElement, before: Rect | null): Promise<Rect | null | undefined> {
  const dialog = document.createElement('dialog')
  dialog.className = 'dialog dialog-wide'
  dialog.setAttribute('aria-labelledby', 'portion-heading')
  const still = document.createElement('canvas')
  const scale = Math.min(1, 1600 / screen.videoWidth)
  Object.assign(still, { width: screen.videoWidth * scale, height: screen.videoHeight * scale })
  still.getContext('2d')?.drawImage(screen, 0, 0, still.width, still.height)
  still.setAttribute('aria-hidden', 'true')
  let portion = before ?? { x: 0.1, y: 0.1, width: 0.8, height: 0.8 }
  let from: Point | null = null

  const at = (event: PointerEvent): Point => {
    const box = still.getBoundingClientRect()
    return { x: (event.clientX - box.x) / box.width, y: (event.clientY - box.y) / box.height }
  }
  const set = (next: Rect | null) => {
    portion = next ?? whole
    show()
  }
  const onDown = (event: PointerEvent) => {
    event.preventDefault()
    ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
    from = at(event)
  }
  const onMove = (event: PointerEvent) => {
    if (from !== null) set(portionBetween(from, at(event)))
  }
  const onKey = (event: KeyboardEvent) => {
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    const [across, down] = [step.x * 0.02, step.y * 0.02]
    const { x, y, width, height } = portion
    set(
      keptInside(
        event.shiftKey
          ? { x, y, width: Math.min(width + across, 1 - x), height: Math.min(height + down, 1 - y) }
          : { x: x + across, y: y + down, width, height },
      ),
    )
  }
  function show(): void {
    const percent = (share: number) => `${(share * 100).toFixed(2)}%`
    const { x, y, width, height } = portion
    const words = `${Math.round(width * screen.videoWidth)} × ${Math.round(height * screen.videoHeight)}`
    const body: TemplateResult = html`<div class="stack">
      <h2 id="portion-heading">Record a part of the screen</h2>
      <p class="soft" id="portion-words">Drag a rectangle over the part. With the keyboard: arrows move it, Shift and arrows resize it.</p>
      <div class="portion-stage" @pointerdown=${onDown} @pointermove=${onMove} @pointerup=${() => {
        from = null
      }}>
        ${still}
        <div class="portion-frame" tabindex="0" autofocus role="application" aria-label=${`Part of the screen, ${words} pixels`}
          aria-describedby="portion-words" @keydown=${onKey}
          ${styled({ left: percent(x), top: percent(y), width: percent(width), height: percent(height) })}></div>
      </div>
      <div class="row row-apart">
        <span class="figures soft" role="status">${words} pixels</span>
        <div class="buttons">
          <button class="button" type="button" @click=${() => dialog.close()}>Cancel</button>
          <button class="button" type="button" @click=${() => dialog.close('whole')}>Whole screen</button>
          <button class="button button-main" type="button" @click=${() => dialog.close('part')}>Use this part</button>
        </div>
      </div>
    </div>`
    render(body, dialog)
  }
  show()
  document.body.append(dialog)
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'part' ? keptInside(portion) : dialog.returnValue === 'whole' ? null : undefined)
    })
    dialog.showModal()
  })
}
