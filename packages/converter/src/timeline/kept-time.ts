/** From a time to a later one, ms. */
export type Span = { startMs: number; endMs: number }

/** A part of a medium: from a time of its own to another, and where that lies on the timeline. */
export type Piece = { fromMs: number; toMs: number; atMs: number }

/**
 * The timeline of what was recorded of an event: its kept spans, one behind the other.
 */
export class KeptTime {
  readonly spans: readonly Span[]
  /** Of the timeline. */
  readonly durationMs: number
  readonly #starts: number[] = []

  /** @param spans of the event's clock, in order, none within another */
  constructor(spans: readonly Span[]) {
    const long = spans.filter(({ startMs, endMs }) => endMs > startMs)
    // Of what has no length (what is known of it are slides, each from the beginning on) there is that moment.
    this.spans = long.length === 0 ? spans.slice(0, 1) : long
    let total = 0
    for (const { startMs, endMs } of this.spans) {
      this.#starts.push(total)
      total += endMs - startMs
    }
    this.durationMs = total
  }

  /** Where a moment lies on the timeline; null where it was cut out. A moment at the very end of a span is within it. */
  moment(t: number): number | null {
    const index = this.spans.findIndex(({ startMs, endMs }) => t >= startMs && t <= endMs)
    return index < 0 ? null : this.#starts[index]! + t - this.spans[index]!.startMs
  }

  /**
   * From when on the timeline something holds that began at `t`: what began while nothing was recorded holds from the next
   * kept span on. Null: nothing was recorded any more.
   */
  state(t: number): number | null {
    const index = this.spans.findIndex(({ endMs }) => t < endMs || (t === endMs && endMs === this.spans.at(-1)!.endMs))
    if (index < 0) return null
    return this.#starts[index]! + Math.max(0, t - this.spans[index]!.startMs)
  }

  /** Start and end on the timeline, as far as it was recorded; null where nothing of it was. */
  span({ startMs, endMs }: Span): Span | null {
    const pieces = this.pieces({ startMs, endMs })
    const last = pieces.at(-1)
    if (last === undefined) {
      const only = startMs === endMs ? this.moment(startMs) : null
      return only === null ? null : { startMs: only, endMs: only }
    }
    return { startMs: pieces[0]!.atMs, endMs: last.atMs + last.toMs - last.fromMs }
  }

  /** What of a medium that runs over a span of the event's clock is kept, and where. */
  pieces({ startMs, endMs }: Span): Piece[] {
    return this.spans.flatMap((kept, index) => {
      const from = Math.max(startMs, kept.startMs)
      const to = Math.min(endMs, kept.endMs)
      if (to <= from) return []
      return [{ fromMs: from - startMs, toMs: to - startMs, atMs: this.#starts[index]! + from - kept.startMs }]
    })
  }
}
