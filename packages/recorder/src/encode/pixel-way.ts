// How frames get onto the canvas: drawn, or turned into colours in memory and put there. With a graphics card the first costs
// next to nothing; without one the second takes less than half as long. Which it is, is measured on the first pictures:
//
//   drawing ──all of them quick──▶ settled (draw)
//      └──────some slow──────▶ copying ──▶ settled (whichever was quicker)
//                                 └──this browser cannot──▶ settled (draw)

type Way =
  | { kind: 'drawing'; ms: number[] }
  | { kind: 'copying'; drawnMs: number; ms: number[] }
  | { kind: 'settled'; copies: boolean }

/** The first pictures warm up what makes them. */
const warmUp = 5
const measured = 15
/** Of a picture: less than this is no load at thirty a second. */
const quickMs = 4

export class PixelWay {
  #way: Way = { kind: 'drawing', ms: [] }

  /** Whether the next picture is to be copied, not drawn. */
  get copies(): boolean {
    return this.#way.kind === 'copying' || (this.#way.kind === 'settled' && this.#way.copies)
  }

  /** A picture that could have been made either way was made in this time. */
  took(ms: number): void {
    const way = this.#way
    if (way.kind === 'settled') return
    way.ms.push(ms)
    if (way.ms.length < warmUp + measured) return
    const middle = way.ms.slice(warmUp).sort((one, other) => one - other)[measured >> 1]!
    if (way.kind === 'copying') this.#way = { kind: 'settled', copies: middle < way.drawnMs }
    else if (middle < quickMs) this.#way = { kind: 'settled', copies: false }
    else this.#way = { kind: 'copying', drawnMs: middle, ms: [] }
  }

  /** Copying does not work here. */
  refuse(): void {
    this.#way = { kind: 'settled', copies: false }
  }
}
