import { noChange, nothing } from 'lit'
import { Directive, type DirectiveResult, directive, type ElementPart, type PartInfo, PartType } from 'lit/directive.js'

/** Lit's own styleMap writes a style attribute first, which the pages' policy forbids; properties are allowed. */
class Styled extends Directive {
  #set: string[] = []

  constructor(part: PartInfo) {
    super(part)
    if (part.type !== PartType.ELEMENT) throw new Error('styled() stands among the attributes of an element')
  }

  override render(_styles: Readonly<Record<string, string>>): typeof nothing {
    return nothing
  }

  override update(part: ElementPart, [styles]: [Readonly<Record<string, string>>]): typeof noChange {
    const { style } = part.element as HTMLElement
    for (const name of this.#set) if (!(name in styles)) style.removeProperty(name)
    for (const [name, value] of Object.entries(styles)) style.setProperty(name, value)
    this.#set = Object.keys(styles)
    return noChange
  }
}

const place = directive(Styled)

/** `<div ${styled({ left: '10%' })}>`: CSS properties by name. */
export function styled(styles: Readonly<Record<string, string>>): DirectiveResult<typeof Styled> {
  return place(styles)
}
