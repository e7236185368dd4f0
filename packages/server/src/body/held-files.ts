// Files that nothing refers to any more, and that somebody still reads:
//
//   in use ──nobody reads it──▶ free: whoever wanted it gone takes it away
//     └── every reader holds it from its first byte on, and lets go once, however it ends

/** Who reads what. */
export class HeldFiles {
  readonly #readers = new Map<string, number>()
  readonly #waiting = new Map<string, (() => void)[]>()

  /** @returns lets go of it; more than once is once */
  hold(path: string): () => void {
    this.#readers.set(path, (this.#readers.get(path) ?? 0) + 1)
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      const left = this.#readers.get(path)! - 1
      if (left > 0) {
        this.#readers.set(path, left)
        return
      }
      this.#readers.delete(path)
      for (const tell of this.#waiting.get(path) ?? []) tell()
      this.#waiting.delete(path)
    }
  }

  isHeld(path: string): boolean {
    return this.#readers.has(path)
  }

  /** Settles when nobody reads it. */
  async free(path: string): Promise<void> {
    while (this.isHeld(path)) {
      await new Promise<void>((resolve) => {
        const waiting = this.#waiting.get(path)
        if (waiting === undefined) this.#waiting.set(path, [resolve])
        else waiting.push(resolve)
      })
    }
  }
}
