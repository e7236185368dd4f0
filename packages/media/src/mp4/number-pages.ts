/** First page, in numbers; pages double up to the largest, so that a thousand short bodies stay small. */
const FIRST_PAGE = 512
const DOUBLINGS = 5

function pageLength(index: number): number {
  return FIRST_PAGE << Math.min(index, DOUBLINGS)
}

/**
 * An append-only list of numbers in pages: growing never moves what is there, and what was read once stays as it was,
 * so a view may go on pointing into it.
 */
export class NumberPages {
  private readonly pages: Float64Array[] = []
  private readonly starts: number[] = []
  private page: Float64Array = new Float64Array(0)
  private used = 0
  length = 0

  push(value: number): void {
    if (this.used === this.page.length) {
      this.page = new Float64Array(pageLength(this.pages.length))
      this.pages.push(this.page)
      this.starts.push(this.length)
      this.used = 0
    }
    this.page[this.used++] = value
    this.length++
  }

  at(index: number): number {
    let low = 0
    let high = this.starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.starts[middle]! <= index) low = middle
      else high = middle - 1
    }
    return this.pages[low]![index - this.starts[low]!]!
  }

  /** The first `count` numbers, page by page. */
  *filled(count: number): Generator<Float64Array> {
    let left = count
    for (const page of this.pages) {
      if (left <= 0) return
      yield page.subarray(0, Math.min(left, page.length))
      left -= page.length
    }
  }
}

/** The same for 32-bit words that go into a file as they are, big-endian. */
export class WordPages {
  private readonly pages: Uint8Array[] = []
  private view: DataView = new DataView(new ArrayBuffer(0))
  private used = 0
  /** Words. */
  length = 0

  push(word: number): void {
    if (this.used === this.view.byteLength) {
      const page = new Uint8Array(4 * pageLength(this.pages.length))
      this.pages.push(page)
      this.view = new DataView(page.buffer)
      this.used = 0
    }
    this.view.setUint32(this.used, word)
    this.used += 4
    this.length++
  }

  /** The words so far, not copied: later pushes only write behind them. */
  pieces(): Uint8Array[] {
    const last = this.pages.length - 1
    return this.pages.map((page, index) => (index === last ? page.subarray(0, this.used) : page))
  }
}
