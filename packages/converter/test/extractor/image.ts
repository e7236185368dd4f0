import { createCipheriv, createHash } from 'node:crypto'

export type Placed = { name: string; start: number; end: number }

export type Image = { bytes: Buffer; placed: Placed[] }

export type Fill = 'random' | 'zeros'

/** Random bytes that are the same for the same seed, as fast as the machine makes them. */
export function randomBytes(seed: number): (length: number) => Buffer {
  const key = createHash('sha256').update(`image ${seed}`).digest().subarray(0, 16)
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16))
  return (length) => cipher.update(Buffer.alloc(length))
}

/** Files one behind the other in a drawn order, with drawn stretches of bytes before, between and behind them. */
export function makeImage(
  files: readonly { name: string; bytes: Uint8Array }[],
  seed: number,
  options: { fill?: Fill; mostGap?: number } = {},
): Image {
  const draw = randomBytes(seed ^ 0x5eed)
  const below = (limit: number) => draw(4).readUInt32LE() % limit
  const filler = randomBytes(seed)
  const order = [...files]
  for (let index = order.length - 1; index > 0; index--) {
    const other = below(index + 1)
    const held = order[index]!
    order[index] = order[other]!
    order[other] = held
  }
  const parts: Uint8Array[] = []
  const placed: Placed[] = []
  let at = 0
  const put = (bytes: Uint8Array): void => {
    parts.push(bytes)
    at += bytes.length
  }
  const gap = (): void => {
    const length = 1 + below(options.mostGap ?? 20_000)
    if (options.fill === 'zeros') return put(Buffer.alloc(length))
    const chance = filler(length)
    // A line feed behind a text or before it, or a zero behind sound, would be as good a part of it: no one could tell. What
    // is in no UTF-8 keeps them apart, also from characters of chance before a text.
    chance[0] = 0x81
    chance[length - 1] = 0xc1
    // So would be a packet of chance before an MPEG-TS, and behind one whose packets have a time before them: one gap of 256 has it.
    if (length >= 188) chance[length - 188] = 0x81
    if (length > 4) chance[4] = 0x81
    put(chance)
  }
  for (const { name, bytes } of order) {
    gap()
    placed.push({ name, start: at, end: at + bytes.length })
    put(bytes)
  }
  gap()
  return { bytes: Buffer.concat(parts), placed }
}

/** The seed of this run: `RUSHES_SEED`, else another one each time. */
export const runSeed: number = Number(process.env['RUSHES_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
