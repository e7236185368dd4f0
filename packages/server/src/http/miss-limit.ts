import { networkOf } from '../access/login-limiter.ts'
import { HttpError } from './http-error.ts'

const windowMs = 60_000
const mostMisses = 120
const mostNetworks = 20_000
/** Of one network, beyond its misses. */
const mostWaiting = 20
const mostKnown = 10_000

type Window = { misses: number; endsAt: number; waiting: number; last: Promise<unknown> }

/**
 * Slows whoever tries link after link. A link has 144 random bits and can't be guessed; this keeps the attempts of one network
 * from taking the database from others. Beyond so many misses a minute its links are looked up one after the other, and misses
 * are answered 429. Good ones stay good: an office has one address, and one broken page in it must not close the others'.
 */
export class MissLimit {
  readonly #windows = new Map<string, Window>()
  /** Links that were found, the latest last: these wait for nobody. */
  readonly #known = new Set<string>()

  /**
   * @param look finds what the link leads to now
   * @returns undefined for a miss. @throws HttpError 429
   */
  async find<Found>(link: string, address: string, look: () => Promise<Found | undefined>): Promise<Found | undefined> {
    const window = this.#windowOf(networkOf(address))
    const isSlow = window.misses >= mostMisses
    const found = isSlow && !this.#known.has(link) ? await inTurn(window, look) : await look()
    this.#known.delete(link)
    if (found !== undefined) {
      this.#known.add(link)
      if (this.#known.size > mostKnown) this.#known.delete(this.#known.values().next().value!)
      return found
    }
    window.misses++
    if (isSlow) throw tooMany()
    return undefined
  }

  #windowOf(network: string): Window {
    const now = performance.now()
    const known = this.#windows.get(network)
    if (known !== undefined && known.endsAt > now) return known
    const window = { misses: 0, endsAt: now + windowMs, waiting: 0, last: Promise.resolve() }
    this.#windows.delete(network)
    this.#windows.set(network, window)
    if (this.#windows.size > mostNetworks) this.#windows.delete(this.#windows.keys().next().value!)
    return window
  }
}

async function inTurn<Found>(window: Window, look: () => Promise<Found>): Promise<Found> {
  if (window.waiting >= mostWaiting) throw tooMany()
  window.waiting++
  const turn = window.last.then(look)
  window.last = turn.catch(() => {})
  try {
    return await turn
  } finally {
    window.waiting--
  }
}

function tooMany(): HttpError {
  return new HttpError(429, 'too-many-requests', 'too many links that do not exist; wait a minute')
}
