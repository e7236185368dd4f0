import { pdf } from './made-files.ts'

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const repeat = (bytes: Uint8Array | readonly number[] | string, times: number): Buffer =>
  Buffer.concat(Array.from({ length: times }, () => Buffer.from(bytes as Uint8Array)))

/** Made to mislead, each in its own way. */
export const misleading: [string, () => Uint8Array][] = [
  ['100,000 boxes in each other', () => nestedBoxes(100_000)],
  [
    '100,000 movies in each other',
    () => Buffer.concat([Buffer.from('\0\0\0\x10ftypisom\0\0\0\0', 'latin1'), nestedBoxes(100_000)]),
  ],
  ['a signature of each kind, over and over', () => repeat(signatures(), 3000)],
  ['beginnings of PDF without an end', () => repeat('%PDF-1.4\n', 100_000)],
  ['beginnings of PDF before one end', () => Buffer.concat([repeat('%PDF-1.4\n', 50_000), pdf(1).subarray(9)])],
  ['a PDF of 100,000 ends', () => Buffer.concat([Buffer.from('%PDF-1.4\n'), repeat('startxref\n0\n%%EOF\n', 100_000)])],
  [
    'sizes that say zero',
    () => repeat(Buffer.concat([word(0), Buffer.from('mdat'), word(0), Buffer.from('moov')]), 50_000),
  ],
  ['MPEG frames that end at once', () => repeat([0xff, 0xfb, 0x90, 0x64], 200_000)],
  ['sync bytes alone', () => Buffer.alloc(2 ** 20, 0x47)],
  ['ones', () => Buffer.alloc(2 ** 20, 0xff)],
  ['XML that opens and never closes', () => repeat('<a>', 300_000)],
  ['XML declarations over and over', () => repeat('<?xml version="1.0"?><a b="', 30_000)],
  ['JSON that opens and never closes', () => repeat('[', 500_000)],
  ['JSON in JSON that breaks off', () => repeat('{"a":', 200_000)],
  ['timing lines', () => repeat('00:00:00.000 --> 00:00:01.000\n', 30_000)],
  ['a deflate bomb in gzip', () => bomb()],
  ['local headers of zip', () => repeat(Buffer.from('PK\x03\x04\x14\0\x08\0\0\0'.padEnd(30, '\0'), 'latin1'), 30_000)],
  ['EBML headers', () => repeat([0x1a, 0x45, 0xdf, 0xa3, 0x84, 0x42, 0x82, 0x81, 0x20], 100_000)],
  ['Clusters of unknown size', () => Buffer.concat([matroskaHead(), repeat([0x1f, 0x43, 0xb6, 0x75, 0xff], 200_000)])],
  [
    'a lying transport stream',
    () => repeat(Buffer.concat([Buffer.from([0x47, 0x40, 0, 0x10]), Buffer.alloc(184)]), 5000),
  ],
  ['allocation tables in circles', () => circles()],
]

function nestedBoxes(depth: number): Buffer {
  const bytes = Buffer.alloc(depth * 8)
  for (let index = 0; index < depth; index++) {
    bytes.writeUInt32BE(bytes.length - index * 8, index * 8)
    bytes.write('moov', index * 8 + 4)
  }
  return bytes
}

function signatures(): Buffer {
  const words = [
    'RIFF\xff\xff\xff\x7fWAVE',
    'OggS\0\x02',
    'fLaC\0\0\0\x22',
    'FLV\x01\x05\0\0\0\x09',
    'ID3\x04\0\0\0\0\0\0',
    'GIF89a',
  ]
  const bytes = [
    '\x89PNG\r\n\x1a\n',
    '\xff\xd8\xff\xe0\0\x10',
    '\x1f\x8b\x08\0',
    '\0\0\x01\xba\x44',
    'PK\x03\x04',
    '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
  ]
  return Buffer.from([...words, ...bytes].join(''), 'latin1')
}

/** 1 GB of zeros in 1 MB: fixed codes of length 258, over and over (RFC 1951 §3.2.6). */
function bomb(): Buffer {
  const bits: number[] = [1, 1, 0]
  const put = (code: number, length: number): void => {
    for (let bit = length - 1; bit >= 0; bit--) bits.push((code >> bit) & 1)
  }
  put(0x30, 8) // a zero
  for (let index = 0; index < 100_000; index++) {
    put(0b11000101, 8) // length 258
    put(0, 5) // distance 1
  }
  put(0, 7)
  const data = Buffer.alloc(Math.ceil(bits.length / 8))
  for (const [index, bit] of bits.entries()) data[index >> 3]! |= bit << (index & 7)
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE(1 + 258 * 100_000, 4)
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), data, tail])
}

function matroskaHead(): Buffer {
  const head = [0x1a, 0x45, 0xdf, 0xa3, 0x87, 0x42, 0x82, 0x84, ...Buffer.from('webm')]
  return Buffer.from([...head, 0x18, 0x53, 0x80, 0x67, 0xff])
}

/** A compound file whose chains of tables and of the directory lead back to themselves. */
function circles(): Buffer {
  const bytes = Buffer.alloc(512 * 64)
  bytes.set([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])
  bytes.writeUInt16LE(3, 26)
  bytes.writeUInt16LE(0xfffe, 28)
  bytes.writeUInt16LE(9, 30)
  bytes.writeUInt32LE(500_000, 44)
  bytes.writeUInt32LE(1, 48)
  bytes.writeUInt32LE(2, 68)
  bytes.writeUInt32LE(2, 512 * 3 + 508)
  bytes[512 * 2 + 64] = 4
  bytes[512 * 2 + 66] = 5
  bytes.writeUInt32LE(1, 512 + 4)
  return bytes
}
