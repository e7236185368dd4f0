import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { AccessError } from './access-error.ts'

/** OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB, two passes, one lane (about 25 ms here). */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }
/** NIST SP 800-63B §5.1.1.2 asks for 8 at least and 64 accepted at least. */
const shortest = 10
const longest = 1000
/** Each hash holds a libuv thread, which the bodies' fdatasync needs too, and 19 MiB. */
const atOnce = 2
const mostWaiting = 50

/**
 * The password as a PHC string, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
 * @throws AccessError `password-too-short`, `password-too-long`, `too-many-attempts`
 */
export async function hashPassword(password: string): Promise<string> {
  if ([...password].length < shortest) {
    throw new AccessError('password-too-short', `a password has at least ${shortest} characters`)
  }
  if (password.length > longest) {
    throw new AccessError('password-too-long', `a password has at most ${longest} characters`)
  }
  const salt = randomBytes(16)
  const hash = await derive(password, { ...cost, nonce: salt })
  const { memory, passes, parallelism } = cost
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`
}

/** https://github.com/P-H-C/phc-string-format; ours only: version 0x13, salt and hash of any sane length. */
const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/

export type PasswordCheck = { ok: boolean /** Made with other costs than today's: hash it anew. */; outdated: boolean }

/**
 * With `null` (no such account, or one without a password) it takes as long as with a hash and fails, so that
 * the time does not tell which accounts exist.
 * @throws AccessError `too-many-attempts`
 */
export async function checkPassword(password: string, stored: string | null): Promise<PasswordCheck> {
  const parsed = phc.exec(stored ?? '')
  if (password.length > longest || !parsed) {
    await derive(password.slice(0, longest), { ...cost, nonce: Buffer.alloc(16) })
    return { ok: false, outdated: false }
  }
  const [, memory, passes, parallelism, salt, hash] = parsed
  const expected = Buffer.from(hash!, 'base64')
  const costs = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const actual = await derive(password, {
    ...costs,
    nonce: Buffer.from(salt!, 'base64'),
    tagLength: expected.length,
  })
  const outdated =
    costs.memory !== cost.memory || costs.passes !== cost.passes || costs.parallelism !== cost.parallelism
  return { ok: timingSafeEqual(actual, expected), outdated }
}

let running = 0
const waiting: (() => void)[] = []

async function derive(password: string, parameters: Omit<Argon2Parameters, 'message'>): Promise<Buffer> {
  if (running >= atOnce) {
    if (waiting.length >= mostWaiting) throw new AccessError('too-many-attempts', 'too many sign-ins at once', 1000)
    await new Promise<void>((go) => waiting.push(go))
  } else {
    running += 1
  }
  try {
    // One person types é as one code point, another as two; NIST SP 800-63B §5.1.1.2 recommends NFKC.
    const message = Buffer.from(password.normalize('NFKC'), 'utf8')
    return await new Promise<Buffer>((done, failed) => {
      argon2('argon2id', { ...parameters, message }, (error, hash) => (error ? failed(error) : done(hash)))
    })
  } finally {
    const next = waiting.shift()
    // The place goes to the next in line, so `running` stays.
    if (next) next()
    else running -= 1
  }
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}
