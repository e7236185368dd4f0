import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { FileDigest } from './file-digest.ts'

const bytes = randomBytes(5_000_000)
const expected = createHash('sha256').update(bytes).digest('hex')

function opened(): { digest: FileDigest; read: () => number } {
  let read = 0
  const hash = createHash('sha256')
  const file = {
    name: 'file',
    size: bytes.length,
    type: '',
    async read(offset: number, length: number) {
      await sleep(1)
      const part = new Uint8Array(bytes.subarray(offset, offset + length))
      read += part.length
      return part
    },
  }
  const sha256 = { update: (part: Uint8Array) => void hash.update(part), hex: () => hash.digest('hex') }
  return { digest: new FileDigest(file, sha256), read: () => read }
}

it('[T6] follows what is sent in order, and reads nothing again', async () => {
  const { digest, read } = opened()
  for (let at = 0; at < bytes.length; at += 300_000) digest.offer(at, bytes.subarray(at, at + 300_000))
  expect(await digest.hex()).toBe(expected)
  expect(await digest.hex()).toBe(expected)
  expect(read()).toBe(0)
})

it('[T6] catches up where sending began in the middle, while more is sent', async () => {
  const { digest } = opened()
  for (let at = 2_000_000; at < bytes.length; at += 300_000) {
    digest.offer(at, bytes.subarray(at, at + 300_000))
    await sleep(1)
  }
  expect(await digest.hex()).toBe(expected)
})
