import { createHash, type Hash } from 'node:crypto'

/** Longest run of media that has a digest of its own in an archive (packages/umf/SPEC.md, D3). */
export const pieceBytes: number = 16 * 1024 * 1024
export const digestBytes = 32

/**
 * SHA-256 of a body in pieces, in the order of the body, as its bytes go by: what an archive needs of it. So a body
 * that was recorded for hours can be handed out as one without being read again.
 */
export class PieceDigests {
  readonly #whole: Buffer[] = []
  #hash: Hash = createHash('sha256')
  /** Bytes of the piece that is not whole. */
  #begun = 0

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + pieceBytes - this.#begun)
      this.#hash.update(part)
      this.#begun += part.length
      at += part.length
      if (this.#begun < pieceBytes) continue
      this.#whole.push(this.#hash.digest())
      this.#hash = createHash('sha256')
      this.#begun = 0
    }
  }

  /** Of what came so far, 32 bytes a piece, one after the other; the last piece is as long as what is left. */
  all(): Buffer {
    return Buffer.concat(this.#begun === 0 ? this.#whole : [...this.#whole, this.#hash.copy().digest()])
  }
}
