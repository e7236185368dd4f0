import { describe, expect, it } from 'vitest'
import { joined } from '../src/box.ts'
import { decryptContent, encryptContent, encryptedLength } from '../src/encryption.ts'

async function* once(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

async function all(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return joined(pieces)
}

const key = Uint8Array.from({ length: 32 }, (_, index) => index)
const plain = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7) % 251)

describe('an encrypted item', () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 200_000])(
    '[X4] of %i bytes is the same again, in pieces of any size',
    async (length) => {
      const { encryption, content } = await encryptContent(
        once(plain(length).subarray(0, 100), plain(length).subarray(100)),
        key,
      )
      const locked = await all(content)
      expect(locked.length).toBe(encryptedLength(length))
      expect(await all(decryptContent(once(locked), encryption, key))).toEqual(plain(length))
    },
  )

  it('[X4] opens by its passphrase, and by no other', async () => {
    const { encryption, content } = await encryptContent(once(plain(10)), 'correct horse')
    const locked = await all(content)
    expect(await all(decryptContent(once(locked), encryption, 'correct horse'))).toEqual(plain(10))
    await expect(all(decryptContent(once(locked), encryption, 'wrong'))).rejects.toMatchObject({ code: 'locked' })
    await expect(all(decryptContent(once(locked), encryption, key))).rejects.toMatchObject({ code: 'locked' })
  })

  it('[X4] that is altered, cut between pieces, or put in another order is not given out', async () => {
    const { encryption, content } = await encryptContent(once(plain(200_000)), key)
    const locked = await all(content)
    const size = 65_536 + 16
    const altered = [
      locked.map((byte, at) => (at === 70_000 ? byte ^ 1 : byte)),
      locked.subarray(0, size),
      joined([locked.subarray(size, 2 * size), locked.subarray(0, size), locked.subarray(2 * size)]),
    ]
    for (const bytes of altered)
      await expect(all(decryptContent(once(bytes), encryption, key))).rejects.toMatchObject({ code: 'locked' })
  })

  it('[X4] asks for no work without end', async () => {
    const endless = { module: 'urn:umf:aes-256-gcm', nonce: btoa('1234567'), kdf: { salt: 'AAAA', iterations: 1e12 } }
    await expect(all(decryptContent(once(plain(20)), endless, 'x'))).rejects.toMatchObject({ code: 'malformed' })
  })
})
