/** Typed events: `on` gives back the function that ends the subscription. */
export interface Listeners<Events extends Record<string, unknown>> {
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void
}

export class Emitter<Events extends Record<string, unknown>> implements Listeners<Events> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>()

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const set = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, set)
    set.add(listener as (event: never) => void)
    return () => void set.delete(listener as (event: never) => void)
  }

  /** A listener that throws must not stop a recording: its fault is reported as an uncaught one, later. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        ;(listener as (event: Events[Name]) => void)(event)
      } catch (fault) {
        setTimeout(() => {
          throw fault
        })
      }
    }
  }
}
