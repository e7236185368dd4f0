import type { LookupAddress } from 'node:dns'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { AddressRefused } from './public-address.ts'
import { checkPublicUrl, publicFetch } from './public-fetch.ts'

/** What names are, each time somebody asks; an attacker's name server answers as it likes. */
const answers = vi.hoisted(() => ({ next: [] as LookupAddress[][], asked: 0 }))
vi.mock('node:dns', () => ({
  lookup(_host: string, _options: object, done: (error: null, found: LookupAddress[]) => void) {
    answers.asked++
    const [first, ...others] = answers.next
    if (others.length > 0) answers.next = others
    setImmediate(() => done(null, first ?? []))
  },
}))

const loopback: LookupAddress = { address: '127.0.0.1', family: 4 }
/** Of documentation networks nothing is public; this one is, and is nobody's that would answer here. */
const far: LookupAddress = { address: '192.88.98.1', family: 4 }
let local: Server
let port: number
let reached = 0

beforeAll(async () => {
  local = createServer((request, response) => {
    reached++
    const location = decodeURIComponent(new URL(request.url!, 'http://local').searchParams.get('to') ?? '')
    response.writeHead(location === '' ? 200 : 302, location === '' ? {} : { location }).end('inside')
  })
  await new Promise<void>((resolve) => local.listen(0, '127.0.0.1', resolve))
  port = (local.address() as AddressInfo).port
})
afterAll(() => local.close())
beforeEach(() => {
  answers.asked = 0
  reached = 0
})

const quick = { quietMs: 300 }

describe('fetching from the public internet alone', () => {
  it('refuses a name that leads to this machine, or to a public address and to a private one', async () => {
    for (const found of [[loopback], [far, loopback], [loopback, far], [{ address: '::1', family: 6 }], []]) {
      answers.next = [found]
      await expect(publicFetch(quick)(`http://name.example:${port}/`)).rejects.toBeInstanceOf(AddressRefused)
      answers.next = [found]
      await expect(checkPublicUrl(new URL(`http://name.example:${port}/`))).rejects.toBeInstanceOf(AddressRefused)
    }
    expect(reached).toBe(0)
  })

  it('connects to the address that was checked: a name that is another one the next time gains nothing', async () => {
    answers.next = [[far], [loopback]]
    await expect(publicFetch(quick)(`http://rebinding.example:${port}/`)).rejects.not.toBeInstanceOf(AddressRefused)
    expect([answers.asked, reached]).toEqual([1, 0])
    await expect(publicFetch(quick)(`http://rebinding.example:${port}/`)).rejects.toBeInstanceOf(AddressRefused)
    expect([answers.asked, reached]).toEqual([2, 0])
  })

  it('follows redirects to where it may go, and asks anew for each', async () => {
    const trusted = new Set(['127.0.0.1'])
    const ask = publicFetch({ ...quick, trusted })
    const from = (to: string): string => `http://127.0.0.1:${port}/?to=${encodeURIComponent(to)}`
    expect(await (await ask(from(`http://127.0.0.1:${port}/`))).text()).toBe('inside')
    answers.next = [[loopback]]
    for (const to of [
      ...[
        `http://[::ffff:127.0.0.1]:${port}/`,
        `http://name.example:${port}/`,
        'http://169.254.169.254/latest/meta-data/',
      ],
      ...['http://10.0.0.1/', 'file:///etc/passwd', 'ftp://127.0.0.1/'],
    ]) {
      await expect(ask(from(to)), to).rejects.toBeInstanceOf(AddressRefused)
    }
    const often = Array.from({ length: 7 }).reduce<string>(from, `http://127.0.0.1:${port}/`)
    await expect(ask(often)).rejects.toThrow(/more than 5 times/)
  })
})
