/** What to do, by FFmpeg's filters, so that a picture stands upright; by TIFF 6.0, tag 274. */
const upright: Readonly<Record<number, string>> = {
  2: 'hflip',
  3: 'hflip,vflip',
  4: 'vflip',
  5: 'transpose=cclock_flip',
  6: 'transpose=clock',
  7: 'transpose=clock_flip',
  8: 'transpose=cclock',
}

const orientationTag = 0x0112

/** Filters that turn the picture of a JPEG file as its camera was held; null: none are needed. From its first 64 KiB. */
export function jpegUpright(bytes: Uint8Array): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // ISO 10918-1 §B.1.1: marker, length, payload, until the scan.
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda; ) {
    const length = view.getUint16(at + 2)
    if (bytes[at + 1] === 0xe1 && isExif(bytes, at + 4)) {
      const end = Math.min(bytes.length, at + 2 + length)
      return (
        upright[orientation(new DataView(bytes.buffer, bytes.byteOffset + at + 10, Math.max(0, end - at - 10)))] ?? null
      )
    }
    at += 2 + Math.max(2, length)
  }
  return null
}

function isExif(bytes: Uint8Array, at: number): boolean {
  return String.fromCharCode(...bytes.subarray(at, at + 6)) === 'Exif\0\0'
}

/** TIFF 6.0 §2: byte order, 42, offset of the directory of 12-byte entries. */
function orientation(tiff: DataView): number {
  if (tiff.byteLength < 8) return 1
  const isLittle = tiff.getUint16(0) === 0x4949
  const directory = tiff.getUint32(4, isLittle)
  if (directory + 2 > tiff.byteLength) return 1
  const count = tiff.getUint16(directory, isLittle)
  for (let entry = 0; entry < count; entry++) {
    const at = directory + 2 + entry * 12
    if (at + 12 > tiff.byteLength) return 1
    if (tiff.getUint16(at, isLittle) === orientationTag) return tiff.getUint16(at + 8, isLittle)
  }
  return 1
}
