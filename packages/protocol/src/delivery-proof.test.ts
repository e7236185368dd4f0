import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { digestField, parseDigestField } from './delivery.ts'
import { merkleRoot } from './delivery-proof.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/** RFC 9162 §2.1.1, word for word. */
function definition(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha256(new Uint8Array(0))
  if (leaves.length === 1) return sha256(Buffer.concat([Uint8Array.of(0), leaves[0]!]))
  let k = 1
  while (2 * k < leaves.length) k *= 2
  return sha256(Buffer.concat([Uint8Array.of(1), definition(leaves.slice(0, k)), definition(leaves.slice(k))]))
}

it('E3: the root is that of RFC 9162, for 0 to 200 leaves', () => {
  for (let count = 0; count <= 200; count++) {
    const leaves = Array.from({ length: count }, (_, index) => Buffer.from(`file-${index}`))
    expect(merkleRoot(leaves, sha256), `${count} leaves`).toBe(definition(leaves).toString('hex'))
  }
})

it('reads and writes the example of RFC 9530 §B.1', () => {
  const digest = `sha256:${sha256(Buffer.from('{"hello": "world"}\n')).toString('hex')}`
  const field = 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:'
  expect(digestField(digest)).toBe(field)
  expect(parseDigestField(`sha-512=:AAAA:, ${field}`)).toBe(digest)
  expect(parseDigestField('sha-256=:short=:')).toBeNull()
})
