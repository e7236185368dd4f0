import type { LitElement, ReactiveController } from 'lit'

/** Tells when the scrolled box of a panel has another size, as when a phone is turned, while the panel stands in a page. */
export class BoxResizes implements ReactiveController {
  readonly #host: LitElement
  readonly #observer: ResizeObserver
  #observes = false

  constructor(host: LitElement, tell: () => void) {
    this.#host = host
    this.#observer = new ResizeObserver(tell)
    host.addController(this)
  }

  hostConnected(): void {
    if (this.#host.hasUpdated) this.hostUpdated()
  }

  hostUpdated(): void {
    if (this.#observes) return
    this.#observes = true
    this.#observer.observe(this.#host.renderRoot.querySelector('.scroll')!)
  }

  hostDisconnected(): void {
    this.#observes = false
    this.#observer.disconnect()
  }
}
