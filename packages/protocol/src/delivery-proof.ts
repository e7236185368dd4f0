import type { DeliveryCertificate, ListedFile } from './delivery.ts'

/** SHA-256 of bytes; passed in, because runtimes differ in where they keep a synchronous one. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** DELIVERY.md E3: the leaf that stands for a file. */
export function deliveryLeaf({ name, size, digest }: ListedFile): Uint8Array {
  return new TextEncoder().encode(`${name} ${size} ${digest}`)
}

/**
 * Merkle tree hash of RFC 9162 §2.1.1, 64 hex digits. One pass that keeps a hash per level: a tree of a day is as cheap
 * as its leaves.
 */
export function merkleRoot(leaves: Iterable<Uint8Array>, sha256: Sha256): string {
  const stack: { hash: Uint8Array; height: number }[] = []
  for (const leaf of leaves) {
    let top = { hash: sha256(joined([Uint8Array.of(0), leaf])), height: 0 }
    while (stack.at(-1)?.height === top.height) top = parent(stack.pop()!.hash, top.hash, top.height + 1, sha256)
    stack.push(top)
  }
  if (stack.length === 0) return hex(sha256(new Uint8Array(0)))
  // What is left are complete trees, the largest first: the last two are joined until one is left.
  let root = stack.pop()!
  while (stack.length > 0) {
    const left = stack.pop()!
    root = parent(left.hash, root.hash, left.height + 1, sha256)
  }
  return hex(root.hash)
}

/** DELIVERY.md E4: the bytes that the server signs. */
export function certificateText(
  certificate: Pick<DeliveryCertificate, 'delivery' | 'files' | 'merkleRoot' | 'issuedAt'>,
): Uint8Array {
  const { delivery, files, merkleRoot: root, issuedAt } = certificate
  return new TextEncoder().encode(['rushes-delivery 1', delivery, files.length, root, issuedAt, ''].join('\n'))
}

function parent(left: Uint8Array, right: Uint8Array, height: number, sha256: Sha256) {
  return { hash: sha256(joined([Uint8Array.of(1), left, right])), height }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
