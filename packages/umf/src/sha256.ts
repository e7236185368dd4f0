/** SHA-256 that takes bytes as they come; `node.ts` has that of Node, browsers bring WebAssembly. */
export interface Sha256 {
  update(bytes: Uint8Array): void
  /** 32 bytes; once. */
  digest(): Uint8Array
}

export interface MakeSha256 {
  (): Sha256
  /** Of bytes that are all there, where a platform can do that beside the caller's thread. */
  whole?(bytes: Uint8Array): Promise<Uint8Array>
}

/** Fewer bytes are hashed sooner than they are handed over. */
const worthHandingOver = 64 * 1024

/** Of bytes that stay as they are meanwhile. */
export async function sha256OfWhole(make: MakeSha256, bytes: Uint8Array): Promise<Uint8Array> {
  return make.whole === undefined || bytes.length < worthHandingOver ? sha256Of(make, bytes) : await make.whole(bytes)
}

export function sha256Of(make: MakeSha256, ...pieces: readonly Uint8Array[]): Uint8Array {
  const hash = make()
  for (const piece of pieces) hash.update(piece)
  return hash.digest()
}

export function toHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += (byte + 256).toString(16).slice(1)
  return hex
}

/** Of an even number of hex digits, which the caller has checked. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  )
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
