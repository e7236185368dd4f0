// The stream `Pictures` of PowerPoint 97–2003: pictures of all slides, one behind the other ([MS-PPT] §2.1.3, [MS-ODRAW] §2.2.23).
import { inflateSync } from 'node:zlib'
import { ConversionError } from '../conversion-error.ts'
import { type PptRecord, PptStream } from './ppt-records.ts'

type Blip = {
  contentType: string
  /** Of records that have two ids before the picture. */
  twice: readonly number[]
  /** EMF, WMF and PICT are packed, behind a head of 34 bytes; others lie behind a byte (§2.2.24 to §2.2.31). */
  isPacked?: true
  /** What files of this kind begin with, and what is left out in a deck. */
  lead?: number
}

const blips: Readonly<Record<number, Blip>> = {
  61466: { contentType: 'image/emf', twice: [0x3d5], isPacked: true },
  61467: { contentType: 'image/wmf', twice: [0x217], isPacked: true },
  61468: { contentType: 'image/x-pict', twice: [0x543], isPacked: true, lead: 512 },
  61469: { contentType: 'image/jpeg', twice: [0x46b, 0x6e3] },
  61470: { contentType: 'image/png', twice: [0x6e1] },
  61481: { contentType: 'image/tiff', twice: [0x6e5] },
  61482: { contentType: 'image/jpeg', twice: [0x46b, 0x6e3] },
}
const idBytes = 16
const headBytes = 34
const mostPicture = 64 * 2 ** 20

/** Those that are whole, up to where the stream is damaged. */
export function* pptPictures(stream: Uint8Array): Generator<{ contentType: string; bytes: Uint8Array }> {
  try {
    for (const record of new PptStream(stream).within()) {
      const picture = pictureOf(record)
      if (picture !== null) yield picture
    }
  } catch (error) {
    if (!(error instanceof ConversionError) || error.code !== 'input-refused') throw error
  }
}

function pictureOf({ type, instance, bytes }: PptRecord): { contentType: string; bytes: Uint8Array } | null {
  const blip = blips[type]
  if (blip === undefined) return null
  const at = blip.twice.includes(instance) ? 2 * idBytes : idBytes
  const { contentType, isPacked = false, lead = 0 } = blip
  if (!isPacked) return { contentType, bytes: bytes.subarray(at + 1) }
  // §2.2.31: 0 is deflated, 0xfe is as it is.
  const isDeflated = bytes[at + headBytes - 2] === 0
  const packed = bytes.subarray(at + headBytes)
  try {
    const whole = isDeflated ? inflateSync(packed, { maxOutputLength: mostPicture }) : packed
    return { contentType, bytes: lead === 0 ? whole : Buffer.concat([Buffer.alloc(lead), whole]) }
  } catch {
    return null
  }
}
