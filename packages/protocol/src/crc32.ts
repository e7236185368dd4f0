// CRC-32 (ISO 3309, the one of zlib and PNG) in JavaScript, for browsers. Node has a native one in `node:zlib`, several
// times as fast, that gives the same values. Slicing-by-8: eight bytes a step, one table look-up each.
const tables = makeTables()

/** CRC-32 of `bytes`, going on from `previous` (0 at the start), so that crc32(b, crc32(a)) is the one of a followed by b. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables
  let crc = ~previous
  let at = 0
  const stop = bytes.length - 7
  for (; at < stop; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc =
      t7[low & 255]! ^
      t6[(low >>> 8) & 255]! ^
      t5[(low >>> 16) & 255]! ^
      t4[low >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!
  }
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}

type Table = Int32Array
function makeTables(): [Table, Table, Table, Table, Table, Table, Table, Table] {
  const made = Array.from({ length: 8 }, () => new Int32Array(256))
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    made[0]![byte] = crc
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let slice = 1; slice < 8; slice++) {
      const before = made[slice - 1]![byte]!
      made[slice]![byte] = made[0]![before & 255]! ^ (before >>> 8)
    }
  }
  return made as [Table, Table, Table, Table, Table, Table, Table, Table]
}
