import type { Capture } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { changeDrawing, colours, currentDrawing, onDrawing, type Tool, toggleTool, widths } from './drawing.ts'
import {
  arrowIcon,
  blurIcon,
  clearIcon,
  ellipseIcon,
  eraserIcon,
  laserIcon,
  lineIcon,
  noteIcon,
  penIcon,
  rectangleIcon,
  redoIcon,
  spotlightIcon,
  undoIcon,
} from './drawing-icons.ts'
import { toolKeys } from './recorder-shortcuts.ts'

const tools: { tool: Tool; name: string; icon: TemplateResult }[] = [
  { tool: 'pen', name: 'Pen', icon: penIcon },
  { tool: 'line', name: 'Line', icon: lineIcon },
  { tool: 'arrow', name: 'Arrow', icon: arrowIcon },
  { tool: 'rectangle', name: 'Rectangle', icon: rectangleIcon },
  { tool: 'ellipse', name: 'Ellipse', icon: ellipseIcon },
  { tool: 'note', name: 'Text', icon: noteIcon },
  { tool: 'spotlight', name: 'Spotlight', icon: spotlightIcon },
  { tool: 'blur', name: 'Blur a region', icon: blurIcon },
  { tool: 'laser', name: 'Laser pointer', icon: laserIcon },
  { tool: 'eraser', name: 'Eraser', icon: eraserIcon },
]

/** The tools to draw with on what is recorded. */
export class RushesDrawingToolbar extends PageElement {
  static override properties: PropertyDeclarations = { capture: { attribute: false } }
  declare capture: Capture | null
  #ends: (() => void)[] = []

  constructor() {
    super()
    this.capture = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#ends = [onDrawing(() => this.requestUpdate())]
    const operation = this.capture?.annotations.on('operation', () => this.requestUpdate())
    if (operation !== undefined) this.#ends.push(operation)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    for (const end of this.#ends) end()
  }

  protected override render(): TemplateResult {
    const { capture } = this
    if (capture === null) return html``
    const { annotations } = capture
    const { tool, colour, width } = currentDrawing()
    const act = (name: string, icon: TemplateResult, possible: boolean, run: () => void) =>
      html`<button class="tool" type="button" aria-label=${name} title=${name} aria-disabled=${possible ? 'false' : 'true'}
        @click=${run}>${icon}</button>`
    return html`<div class="drawing">
      <div class="drawing-tools" role="group" aria-label="Drawing tools">
        ${tools.map(
          (one) => html`<button class="tool" type="button" aria-pressed=${one.tool === tool ? 'true' : 'false'}
            aria-label=${one.name} aria-keyshortcuts=${toolKeys[one.tool]} title=${`${one.name} (${toolKeys[one.tool].toUpperCase()})`}
            @click=${() => toggleTool(one.tool)}>${one.icon}</button>`,
        )}
      </div>
      <div class="drawing-tools" role="group" aria-label="Changes">
        ${act('Undo', undoIcon, annotations.canUndo, () => annotations.undo())}
        ${act('Redo', redoIcon, annotations.canRedo, () => annotations.redo())}
        ${act('Clear the drawing', clearIcon, annotations.shapes.length > 0, () => annotations.clear())}
      </div>
      ${
        tool === null
          ? ''
          : html`<div class="drawing-inks" role="group" aria-label="Colour">
              ${colours.map(
                ({ value, name }) => html`<button class="ink" type="button" aria-label=${name} title=${name}
                  aria-pressed=${value === colour ? 'true' : 'false'} @click=${() => changeDrawing({ colour: value })}>
                  <svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="8" fill=${value} /></svg>
                </button>`,
              )}
              <select class="select drawing-width" aria-label="Thickness"
                @change=${(event: Event) => changeDrawing({ width: Number((event.target as HTMLSelectElement).value) })}>
                ${widths.map(({ value, name }) => html`<option value=${value} ?selected=${value === width}>${name}</option>`)}
              </select>
            </div>`
      }
    </div>`
  }
}
customElements.define('rushes-drawing-toolbar', RushesDrawingToolbar)
