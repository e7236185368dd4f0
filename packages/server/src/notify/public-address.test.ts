import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { isPublicAddress } from './public-address.ts'
import { postWebhook } from './webhook-post.ts'

describe('an address', () => {
  it.each([
    ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
    ...['224.0.0.1', '255.255.255.255', '198.18.0.1', '192.0.2.1', '::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1'],
    ...['::ffff:127.0.0.1', '::ffff:a00:1', '64:ff9b::7f00:1', '2002:7f00:1::', 'ff02::1', '', 'localhost'],
  ])('%j is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '::ffff:1.1.1.1'])('%s is', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
})

describe('a webhook', () => {
  it.each(['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '127.1'])(
    '[FL7] does not reach this machine at %s, unless that host was named',
    async (host) => {
      let asked = 0
      const receiver = createServer((_request, response) => {
        asked++
        response.end()
      })
      await new Promise<void>((resolve) => receiver.listen(0, '::', resolve))
      const url = `http://${host}:${(receiver.address() as AddressInfo).port}/hook`
      await expect(postWebhook(url, {}, '{}', new Set())).rejects.toThrow(/not a public address/)
      expect(asked).toBe(0)
      await postWebhook(url, {}, '{}', new Set([new URL(url).hostname]))
      expect(asked).toBe(1)
      receiver.close()
    },
  )

  it('[FL7] follows no redirect', async () => {
    const paths: string[] = []
    const receiver = createServer((request, response) => {
      paths.push(request.url!)
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
    await expect(postWebhook(url, {}, '{}', new Set(['127.0.0.1']))).rejects.toThrow('it answered 302')
    expect(paths).toEqual(['/hook'])
    receiver.close()
  })
})
