// media-chrome writes its styles as <style> elements into shadow roots and later inserts rules into them. A page with
// the policy `style-src 'self'` blocks such elements (CSP3 §6.7.3.3), so here their text goes into constructable style
// sheets, which the policy allows (CSSOM §6.2), before the elements are ever connected.

/** Not a style type that browsers apply, so neither the element nor the policy reacts to it (HTML §4.2.6). */
const inertType = 'text/adopted-css'

type ElementClass = { prototype: HTMLElement }

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
    const inert = html.replaceAll('<style>', `<style type="${inertType}">`)
    // Templates nest declarative shadow roots; only this method parses them.
    if ('setHTMLUnsafe' in ShadowRoot.prototype) ShadowRoot.prototype.setHTMLUnsafe.call(root, inert)
    else Object.getOwnPropertyDescriptor(ShadowRoot.prototype, 'innerHTML')?.set?.call(root, inert)
    adoptWithin(root)
  }
  if ('setHTMLUnsafe' in root) Object.defineProperty(root, 'setHTMLUnsafe', { value: write })
  Object.defineProperty(root, 'innerHTML', { set: write })
}

function adoptWithin(root: ShadowRoot): void {
  for (const style of root.querySelectorAll<HTMLStyleElement>(`style[type="${inertType}"]`)) {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(style.textContent ?? '')
    root.adoptedStyleSheets.push(sheet)
    // media-chrome finds its sheet through the last <style> of the root and inserts the rules it computes.
    Object.defineProperty(style, 'sheet', { get: () => sheet })
  }
  for (const child of root.querySelectorAll('*')) if (child.shadowRoot !== null) adoptWithin(child.shadowRoot)
}
