import { expect, it } from 'vitest'
import { checkPassword, hashPassword } from './passwords.ts'

it('hashes as a PHC string with the costs OWASP names, salted, and checks it', async () => {
  const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  expect(one).not.toBe(two)
  expect(await checkPassword('correct horse', one)).toEqual({ ok: true, outdated: false })
  expect(await checkPassword('correct hors', one)).toEqual({ ok: false, outdated: false })
})

it('reads hashes of other Argon2 programs', async () => {
  // argon2 1.x test vector (phc-winner-argon2 test.c): argon2id, m=2^16, t=2, p=1, "password", "somesalt".
  const known = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  expect(await checkPassword('password', known)).toEqual({ ok: true, outdated: true })
})

it('takes both spellings of a composed letter for one', async () => {
  const stored = await hashPassword('cafe\u0301 au lait')
  expect((await checkPassword('caf\u00e9 au lait', stored)).ok).toBe(true)
})

it('works as long for an account that does not exist', async () => {
  const stored = await hashPassword('correct horse')
  const timed = async (hash: string | null) => {
    const start = process.cpuUsage()
    await checkPassword('wrong horse', hash)
    return process.cpuUsage(start).user
  }
  // In turn, and the quickest of each: what else the machine does slows some of both.
  const times = { missing: [] as number[], present: [] as number[] }
  for (let n = 0; n < 7; n += 1) {
    times.missing.push(await timed(null))
    times.present.push(await timed(stored))
  }
  const [missing, present] = [Math.min(...times.missing), Math.min(...times.present)]
  expect(missing / present).toBeGreaterThan(0.5)
  expect(missing / present).toBeLessThan(2)
})

it.each(['', 'x', '$argon2id$', '$argon2id$v=19$m=99999999,t=1,p=1$c29tZXNhbHQ$AAAA', '$2b$10$abc'])(
  'a stored %o opens nothing',
  async (stored) => {
    expect((await checkPassword('', stored)).ok).toBe(false)
  },
)

it('refuses what is too short or too long', async () => {
  await expect(hashPassword('123456789')).rejects.toMatchObject({ code: 'password-too-short' })
  await expect(hashPassword('x'.repeat(1001))).rejects.toMatchObject({ code: 'password-too-long' })
  expect(await hashPassword('x'.repeat(1000))).toBeTruthy()
})

it('works on a few at once and sends away a crowd', async () => {
  const results = await Promise.allSettled(Array.from({ length: 60 }, () => checkPassword('wrong', null)))
  const refused = results.filter((result) => result.status === 'rejected')
  expect(refused).toHaveLength(8)
  expect(refused[0]).toMatchObject({ reason: { code: 'too-many-attempts' } })
})
