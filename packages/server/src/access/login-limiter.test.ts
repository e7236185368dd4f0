import { expect, it } from 'vitest'
import { LoginLimiter, networkOf } from './login-limiter.ts'

const minute = 60_000
function limiterAt() {
  const clock = { now: 0 }
  return { clock, limiter: new LoginLimiter(() => clock.now) }
}

it('lets eight failures of one account from one address pass in a quarter of an hour', () => {
  const { clock, limiter } = limiterAt()
  for (let n = 0; n < 8; n += 1) limiter.begin('192.0.2.1', 'a@example.org')
  expect(() => limiter.begin('192.0.2.1', 'A@example.org')).toThrow(
    expect.objectContaining({ code: 'too-many-attempts', retryAfterMs: 15 * minute }),
  )
  limiter.begin('192.0.2.2', 'a@example.org')
  limiter.begin('192.0.2.1', 'b@example.org')
  clock.now = 15 * minute
  limiter.begin('192.0.2.1', 'a@example.org')
})

it('does not count successes, nor one of them twice', () => {
  const { limiter } = limiterAt()
  for (let n = 0; n < 200; n += 1) {
    const attempt = limiter.begin('192.0.2.1', 'a@example.org')
    attempt.succeeded()
    attempt.succeeded()
  }
  for (let n = 0; n < 8; n += 1) limiter.begin('192.0.2.1', 'a@example.org')
  expect(() => limiter.begin('192.0.2.1', 'a@example.org')).toThrow()
})

it('limits an address over all accounts, and an account over all addresses', () => {
  const { limiter } = limiterAt()
  for (let n = 0; n < 30; n += 1) limiter.begin('192.0.2.1', `${n}@example.org`)
  expect(() => limiter.begin('192.0.2.1', 'new@example.org')).toThrow()
  for (let n = 0; n < 100; n += 1) limiter.begin(`198.51.100.${n}`, 'a@example.org')
  expect(() => limiter.begin('203.0.113.1', 'a@example.org')).toThrow()
})

it('keeps a bounded memory under a flood of addresses and names', () => {
  const { limiter } = limiterAt()
  for (let n = 0; n < 30_000; n += 1)
    limiter.begin(`2001:db8:${(n >> 8).toString(16)}:${(n & 255).toString(16)}::1`, `${n}`)
  expect(limiter.size).toBe(20_000)
})

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:0:1::5', '2001:db8:0:1::/64'],
  ['2001:0DB8:0000:0001:ffff::5', '2001:db8:0:1::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
