import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { partsOf, type ShownFile } from './shown-file.ts'

const shownBytes = 160

/** The first bytes of a structure, as numbers and letters. */
export class RushesHexView extends PageElement {
  static override properties: PropertyDeclarations = {
    file: { attribute: false },
    offset: { attribute: false },
    length: { attribute: false },
    bytes: { state: true },
    problem: { state: true },
  }
  declare file: ShownFile | null
  declare offset: number
  declare length: number
  declare private bytes: Uint8Array | null
  declare private problem: string
  readonly #phone = matchMedia('(max-width: 560px)')
  readonly #redraw = (): void => this.requestUpdate()

  constructor() {
    super()
    this.file = this.bytes = null
    this.offset = this.length = 0
    this.problem = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#phone.addEventListener('change', this.#redraw)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#phone.removeEventListener('change', this.#redraw)
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('file') || changed.has('offset') || changed.has('length')) void this.#read()
  }

  async #read(): Promise<void> {
    const { file, offset, length } = this
    this.bytes = null
    this.problem = ''
    if (file === null) return
    try {
      const part = await partsOf(file, [[offset, Math.min(length, shownBytes)]], '')
      const bytes = new Uint8Array(await part.arrayBuffer())
      if (file === this.file && offset === this.offset && length === this.length) this.bytes = bytes
    } catch (fault) {
      this.problem = fault instanceof Error ? fault.message : String(fault)
    }
  }

  protected override render(): TemplateResult {
    if (this.problem !== '') return html`<p class="soft small">The bytes can’t be read: ${this.problem}</p>`
    if (this.bytes === null) return html`<pre class="hex"></pre>`
    const all = this.bytes.length < this.length ? `The first ${this.bytes.length} bytes` : 'All bytes'
    return html`<pre class="hex" tabindex="0" role="region" aria-label=${all}>${hexLines(this.bytes, this.offset, this.#phone.matches ? 8 : 16)}</pre>`
  }
}
customElements.define('rushes-hex-view', RushesHexView)

/** Lines of place, numbers and letters, as `xxd` writes them. */
export function hexLines(bytes: Uint8Array, offset: number, perLine: number): string {
  const lines: string[] = []
  const digits = Math.max(6, (offset + bytes.length).toString(16).length)
  for (let at = 0; at < bytes.length; at += perLine) {
    const line = [...bytes.subarray(at, at + perLine)]
    const place = (offset + at).toString(16).padStart(digits, '0')
    const numbers = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const letters = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('')
    lines.push(`${place}  ${numbers.padEnd(3 * perLine - 1)}  ${letters}`)
  }
  return lines.join('\n')
}
