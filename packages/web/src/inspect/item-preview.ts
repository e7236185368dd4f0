// An item as one sees or hears it. Nothing of it runs: text is text, drawings are painted on a canvas.
import type { Item } from '@rushes/umf'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import './hex-view.ts'
import { formatBytes } from '../figures.ts'
import { partsOf, rangesOf, type ShownFile } from './shown-file.ts'

type Preview =
  | { state: 'loading' }
  | { state: 'text'; text: string; isCut: boolean; drawing: Blob | null }
  | { state: 'picture' | 'video' | 'audio'; url: string }
  | { state: 'bytes'; offset: number; length: number }
  | { state: 'none'; words: string }

const mostTextBytes = 64 * 1024
const mostJsonBytes = 256 * 1024
const mostPictureBytes = 64 * 1024 * 1024
const mostDrawingBytes = 2 * 1024 * 1024
const drawingWidth = 1280

const textTypes =
  /^(text\/|application\/(.*\+)?(json|xml|javascript|ecmascript|x-subrip|ttml|yaml|toml|sql)\b|image\/svg\+xml)/
const pictureTypes = /^image\/(png|jpeg|gif|webp|avif|bmp)$/
const mediaTypes = /^(video|audio)\/[\w.+-]+$/

export class RushesItemPreview extends PageElement {
  static override properties: PropertyDeclarations = {
    file: { attribute: false },
    item: { attribute: false },
    idatAt: { attribute: false },
    preview: { state: true },
  }
  declare file: ShownFile | null
  declare item: Item | null
  declare idatAt: number
  declare private preview: Preview
  #url: string | null = null

  constructor() {
    super()
    this.file = this.item = null
    this.idatAt = 0
    this.preview = { state: 'loading' }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#release()
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('item') || changed.has('file')) void this.#load()
  }

  #release(): void {
    if (this.#url !== null) URL.revokeObjectURL(this.#url)
    this.#url = null
  }

  async #load(): Promise<void> {
    this.#release()
    this.preview = { state: 'loading' }
    const { file, item } = this
    if (file === null || item === null) return
    const preview = await this.#previewOf(file, item).catch((fault: unknown): Preview => {
      return { state: 'none', words: `It can’t be shown: ${fault instanceof Error ? fault.message : String(fault)}` }
    })
    if (item === this.item && this.isConnected) this.preview = preview
    else if ('url' in preview) URL.revokeObjectURL(preview.url)
  }

  async #previewOf(file: ShownFile, item: Item): Promise<Preview> {
    const ranges = rangesOf(item, this.idatAt)
    const { length = 0, encryption } = item
    if (ranges === null) return { state: 'none', words: 'Its bytes lie elsewhere. Nothing is fetched from there.' }
    if (length === 0) return { state: 'none', words: 'It is empty.' }
    const [offset, bytes] = ranges[0]!
    if (encryption !== undefined) return { state: 'bytes', offset, length: bytes }
    const type = (item.contentType.split(';')[0] ?? '').trim().toLowerCase()
    if (mediaTypes.test(type)) {
      const url = this.#urlOf(await partsOf(file, ranges, item.contentType))
      return { state: type.startsWith('video/') ? 'video' : 'audio', url }
    }
    if (pictureTypes.test(type) && length <= mostPictureBytes)
      return { state: 'picture', url: this.#urlOf(await partsOf(file, ranges, type)) }
    if (!textTypes.test(type)) return { state: 'bytes', offset, length: bytes }
    return await textPreview(file, ranges, type, length)
  }

  #urlOf(blob: Blob): string {
    this.#release()
    this.#url = URL.createObjectURL(blob)
    return this.#url
  }

  protected override render(): TemplateResult | string {
    const { preview, item } = this
    if (item === null) return ''
    const name = item.title ?? item.name
    switch (preview.state) {
      case 'loading':
        return html`<p class="soft small" role="status">Loading …</p>`
      case 'none':
        return html`<p class="soft small">${preview.words}</p>`
      case 'picture':
        return html`<img class="preview-picture" src=${preview.url} alt=${`Content of ${name}`} @error=${this.#unshown} />`
      case 'video':
        return html`<video class="preview-picture" controls preload="metadata" src=${preview.url} aria-label=${name} @error=${this.#unshown}></video>`
      case 'audio':
        return html`<audio controls preload="metadata" src=${preview.url} aria-label=${name} @error=${this.#unshown}></audio>`
      case 'bytes':
        return html`<rushes-hex-view .file=${this.file} .offset=${preview.offset} .length=${preview.length}></rushes-hex-view>`
      case 'text':
        return this.#text(preview)
    }
  }

  #text({ text, isCut, drawing }: Extract<Preview, { state: 'text' }>): TemplateResult {
    return html`${
      drawing === null
        ? ''
        : html`<div class="stack stack-tight">
            <div><button class="button" type="button" @click=${() => this.#draw(drawing)}>Draw it</button></div>
            <canvas class="preview-picture" hidden role="img" aria-label=${`Content of ${this.item?.name ?? ''}`}></canvas>
          </div>`
    }
      <pre class="preview-text" tabindex="0" role="region" aria-label="Content">${text}</pre>
      ${isCut ? html`<p class="soft small">The beginning: ${formatBytes(mostTextBytes)}. Download it for the rest.</p>` : ''}`
  }

  /** As an image nothing of it runs or loads; a canvas holds no more than its pixels. */
  #draw(drawing: Blob): void {
    const url = URL.createObjectURL(drawing)
    const image = new Image()
    image.addEventListener('load', () => {
      const canvas = this.querySelector('canvas')
      const context = canvas?.getContext('2d')
      if (canvas != null && context != null) {
        const shape = image.naturalWidth > 0 ? image.naturalHeight / image.naturalWidth : 9 / 16
        canvas.width = drawingWidth
        canvas.height = Math.round(drawingWidth * Math.min(Math.max(shape, 0.1), 4))
        context.drawImage(image, 0, 0, canvas.width, canvas.height)
        canvas.hidden = false
      }
      URL.revokeObjectURL(url)
    })
    image.addEventListener('error', () => {
      URL.revokeObjectURL(url)
      this.#unshown()
    })
    image.src = url
  }

  #unshown(): void {
    this.preview = { state: 'none', words: 'This browser can’t show it. Download it to open it elsewhere.' }
  }
}
customElements.define('rushes-item-preview', RushesItemPreview)

async function textPreview(
  file: ShownFile,
  ranges: readonly (readonly [number, number])[],
  type: string,
  length: number,
): Promise<Preview> {
  const isJson = /json\b/.test(type) && length <= mostJsonBytes
  const most = isJson ? mostJsonBytes : mostTextBytes
  const content = await partsOf(file, beginningOf(ranges, most), '')
  const bytes = new Uint8Array(await content.arrayBuffer())
  const text = new TextDecoder().decode(bytes)
  const isDrawing = type === 'image/svg+xml' && length <= mostDrawingBytes
  return {
    state: 'text',
    text: (isJson ? indented(text) : text).slice(0, mostTextBytes),
    isCut: length > most || text.length > mostTextBytes,
    drawing: isDrawing ? await partsOf(file, ranges, 'image/svg+xml') : null,
  }
}

function beginningOf(ranges: readonly (readonly [number, number])[], most: number): [number, number][] {
  const beginning: [number, number][] = []
  let left = most
  for (const [offset, length] of ranges) {
    if (left === 0) break
    beginning.push([offset, Math.min(length, left)])
    left -= Math.min(length, left)
  }
  return beginning
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
