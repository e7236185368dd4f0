import { networkOf } from '../access/login-limiter.ts'
import { HttpError } from './http-error.ts'

const windowMs = 60_000
const mostMisses = 120
const mostNetworks = 20_000

/**
 * Slows whoever tries link after link. A link has 144 random bits and can't be guessed; this keeps the attempt from
 * costing a query each. Only misses count: a player may ask for as many ranges of a good link as it likes.
 */
export class MissLimit {
  readonly #windows = new Map<string, { misses: number; endsAt: number }>()

  /** @throws HttpError 429 */
  check(address: string): void {
    const window = this.#windows.get(networkOf(address))
    if (window !== undefined && window.endsAt > performance.now() && window.misses >= mostMisses) {
      throw new HttpError(429, 'too-many-requests', 'too many links that do not exist; wait a minute')
    }
  }

  missed(address: string): void {
    const network = networkOf(address)
    const now = performance.now()
    let window = this.#windows.get(network)
    if (window === undefined || window.endsAt <= now) window = { misses: 0, endsAt: now + windowMs }
    window.misses++
    this.#windows.delete(network)
    this.#windows.set(network, window)
    if (this.#windows.size > mostNetworks) this.#windows.delete(this.#windows.keys().next().value!)
  }
}
