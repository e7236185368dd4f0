/** A growing column of numbers. What was appended is not changed, so a snapshot is no copy. */
export class GrowingColumn {
  #values = new Float64Array(64)
  #length = 0

  get length(): number {
    return this.#length
  }

  append(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.#length++] = value
  }

  last(): number | undefined {
    return this.#length === 0 ? undefined : this.#values[this.#length - 1]
  }

  replaceLast(value: number): void {
    this.#values[this.#length - 1] = value
  }

  /** The values so far; later appends don't show in it. */
  snapshot(): Float64Array {
    return this.#values.subarray(0, this.#length)
  }
}
