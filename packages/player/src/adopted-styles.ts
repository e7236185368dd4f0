// media-chrome writes its styles as <style> elements into shadow roots and later inserts rules into them. A page with
// the policy `style-src 'self'` blocks such elements (CSP3 §6.7.3.3), so here their text goes into constructable style
// sheets, which the policy allows (CSSOM §6.2), before the elements are ever connected.

type ElementClass = { prototype: HTMLElement }
type Style = { css: string; attributes: string }

/** From now on, elements of these classes adopt the styles of their templates. */
export function adoptStylesOf(...classes: ElementClass[]): void {
  for (const { prototype } of classes) {
    const inherited = prototype.attachShadow
    prototype.attachShadow = function (init: ShadowRootInit): ShadowRoot {
      const root = inherited.call(this, init)
      interceptTemplate(root)
      return root
    }
  }
}

function interceptTemplate(root: ShadowRoot): void {
  const write = (html: string) => {
    const styles: Style[] = []
    const marked = html.replace(/<style([^>]*)>([\s\S]*?)<\/style>/g, (_style, attributes: string, css: string) => {
      return `<i hidden data-adopt="${styles.push({ css, attributes }) - 1}"></i>`
    })
    // Templates nest declarative shadow roots; only this method parses them.
    if ('setHTMLUnsafe' in ShadowRoot.prototype) ShadowRoot.prototype.setHTMLUnsafe.call(root, marked)
    else Object.getOwnPropertyDescriptor(ShadowRoot.prototype, 'innerHTML')?.set?.call(root, marked)
    adoptWithin(root, styles)
  }
  if ('setHTMLUnsafe' in root) Object.defineProperty(root, 'setHTMLUnsafe', { value: write })
  Object.defineProperty(root, 'innerHTML', { set: write })
}

function adoptWithin(root: ShadowRoot, styles: readonly Style[]): void {
  for (const mark of root.querySelectorAll<HTMLElement>('[data-adopt]')) {
    const { css, attributes } = styles[Number(mark.dataset['adopt'])] ?? { css: '', attributes: '' }
    const stand = document.createElementNS(null, 'style')
    for (const [, name = '', value = ''] of attributes.matchAll(/([\w-]+)="([^"]*)"/g)) stand.setAttribute(name, value)
    const sheet = new CSSStyleSheet({ media: stand.getAttribute('media') ?? '' })
    sheet.replaceSync(css)
    root.adoptedStyleSheets.push(sheet)
    // media-chrome finds its sheet through the last `style` of the root and inserts the rules it computes. In no
    // namespace it is found all the same, and to the browser it is no style element: Chromium reports even inert ones.
    Object.defineProperty(stand, 'sheet', { value: sheet })
    mark.replaceWith(stand)
  }
  for (const child of root.querySelectorAll('*')) if (child.shadowRoot !== null) adoptWithin(child.shadowRoot, styles)
}
