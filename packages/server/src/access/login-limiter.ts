import { AccessError } from './access-error.ts'

type Window = { failures: number; endsAt: number }
type Rule = { failures: number; windowMs: number }

const minute = 60_000
/**
 * Per address: a home or an office behind one. Per account from one address: a person's typos. Per account from
 * everywhere: slows a botnet, yet is high enough that nobody is locked out of their account by one stranger.
 */
const rules: Record<'address' | 'pair' | 'account', Rule> = {
  address: { failures: 30, windowMs: 15 * minute },
  pair: { failures: 8, windowMs: 15 * minute },
  account: { failures: 100, windowMs: 60 * minute },
}
const mostWindows = 20_000

/** One try to sign in: counted as failed until it is said to have succeeded, so that tries in parallel count. */
export type Attempt = { succeeded(): void }

/** Failed attempts, counted in memory: a restart forgets them, which costs an attacker more than it gives. */
export class LoginLimiter {
  readonly #windows = new Map<string, Window>()
  readonly #now: () => number

  /** @param now a clock in ms that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** @throws AccessError `too-many-attempts` */
  begin(address: string, account: string): Attempt {
    const network = networkOf(address)
    const name = account.normalize('NFKC').toLowerCase().slice(0, 254)
    const counted: [string, Rule][] = [
      [`address ${network}`, rules.address],
      [`pair ${network} ${name}`, rules.pair],
      [`account ${name}`, rules.account],
    ]
    const now = this.#now()
    for (const [key, rule] of counted) {
      const window = this.#windows.get(key)
      if (window && window.endsAt > now && window.failures >= rule.failures) {
        throw new AccessError('too-many-attempts', 'too many failed sign-ins', Math.ceil(window.endsAt - now))
      }
    }
    const windows = counted.map(([key, rule]) => this.#count(key, rule, now))
    let open = true
    return {
      succeeded: () => {
        if (open) for (const window of windows) window.failures -= 1
        open = false
      },
    }
  }

  get size(): number {
    return this.#windows.size
  }

  #count(key: string, rule: Rule, now: number): Window {
    let window = this.#windows.get(key)
    if (!window || window.endsAt <= now) window = { failures: 0, endsAt: now + rule.windowMs }
    window.failures += 1
    // Last in the map's order: the one forgotten first is the one that was quiet longest.
    this.#windows.delete(key)
    this.#windows.set(key, window)
    if (this.#windows.size > mostWindows) this.#windows.delete(this.#windows.keys().next().value!)
    return window
  }
}

/** An IPv6 subscriber has a /64 (RFC 6177), so the whole of it counts as one. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return mapped[1]!
  if (!address.includes(':')) return address.slice(0, 64)
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...new Array<string>(zeros).fill('0'), ...back]
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
