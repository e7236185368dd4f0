import { LitElement } from 'lit'

/**
 * A page or a part of one. It renders into the document itself: password managers fill its fields, labels and
 * descriptions find each other by id, and one set of style sheets serves all.
 */
export class PageElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this
  }
}
