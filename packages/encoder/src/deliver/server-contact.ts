//   unknown ── an answer ──> reachable ── none for a while, and a failure ──> unreachable
//      └── a failure ──> unreachable        └── it refuses what is right ──> refusing      any ── an answer ──> reachable
export type ServerContactView = {
  state: 'unknown' | 'reachable' | 'unreachable' | 'refusing'
  /** ms since 1970. */
  since: number
  lastError: { message: string; at: number } | null
}

/** Of several connections one may break while the others work: only a silence of all says that the server is away, ms. */
const silenceMs = 4000

/** What is known of the server, from all that was asked of it. */
export class ServerContact {
  readonly #now: () => number
  #answeredAt = Number.NEGATIVE_INFINITY
  #view: ServerContactView

  constructor(now: () => number = Date.now) {
    this.#now = now
    this.#view = { state: 'unknown', since: now(), lastError: null }
  }

  get view(): ServerContactView {
    return { ...this.#view }
  }

  answered(): void {
    this.#answeredAt = this.#now()
    this.#turn('reachable')
  }

  /** @param status of its answer; 0: none came */
  failed(message: string, status: number): void {
    this.#view.lastError = { message, at: this.#now() }
    if (status !== 0 && status < 500 && status !== 401 && status !== 403) {
      // It is there, and knows what it refuses: a wrong digest, an offset.
      this.answered()
      return
    }
    const state = status === 0 ? 'unreachable' : 'refusing'
    if (this.#now() - this.#answeredAt >= silenceMs) this.#turn(state)
  }

  #turn(state: ServerContactView['state']): void {
    if (this.#view.state !== state) Object.assign(this.#view, { state, since: this.#now() })
  }
}
