// An archive of a format that nobody knows: sound, a deck and what happened, between noise.
import { runSeed, seededRandom } from '../../media/test/seeded-random.ts'
import { smallPdf } from './small-meeting.ts'

export const blobSeed: number = runSeed

export type BlobPart = { offset: number; length: number }

export type SmallBlob = {
  bytes: Buffer
  durationMs: number
  pages: number
  /** Where they lie. */
  parts: { wav: BlobPart; pdf: BlobPart; vtt: BlobPart }
  /** Slides that were turned to: when, and the number as it is written. */
  slides: { t: number; value: number }[]
  /** First bytes of the records. */
  records: number[]
}

const pages = 4
const seconds = 240

/** A marker, the page from 1 on, and when: bytes that no two of them have in common stand between. */
export function smallBlob(seed: number = blobSeed, more: readonly Buffer[] = []): SmallBlob {
  const random = seededRandom(seed)
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))
  const pieces: Buffer[] = []
  let at = 0
  const put = (bytes: Buffer): BlobPart => {
    pieces.push(bytes)
    at += bytes.length
    return { offset: at - bytes.length, length: bytes.length }
  }
  put(Buffer.concat([Buffer.from('BOX1'), noise(600)]))
  const wav = put(smallWav(seconds))
  put(noise(700))
  const records: number[] = []
  const slides: { t: number; value: number }[] = []
  let t = 1000 + Math.floor(random() * 4000)
  let value = 1
  for (let count = 0; count < 40 && t < seconds * 1000 - 2000; count++) {
    slides.push({ t, value })
    const record = Buffer.from([0xb7, 0xe1, 0x51, 0x62, value, 0, 0, 0, 0, 0])
    record.writeUInt32LE(t, 6)
    records.push(put(record).offset)
    put(noise(3 + Math.floor(random() * 40)))
    t += 1500 + Math.floor(-Math.log(1 - random()) * 4500)
    // There and back again: a deck is turned page by page.
    value = value === pages ? value - 1 : value === 1 ? 2 : value + (random() < 0.7 ? 1 : -1)
  }
  put(noise(300))
  const pdf = put(smallPdf(pages))
  put(Buffer.concat([noise(200), Buffer.alloc(16)]))
  const vtt = put(Buffer.from('WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nGood morning\n'))
  put(Buffer.concat([Buffer.alloc(16), noise(400)]))
  for (const bytes of more) {
    put(bytes)
    put(noise(400))
  }
  return { bytes: Buffer.concat(pieces), durationMs: seconds * 1000, pages, parts: { wav, pdf, vtt }, slides, records }
}

/** Of 8 bits, 1 kHz: a tone that can be told from silence. RIFF, Multimedia Programming Interface 1.0. */
export function smallWav(length: number): Buffer {
  const rate = 1000
  const samples = Buffer.from(Array.from({ length: length * rate }, (_, index) => 128 + (index % 4 < 2 ? 20 : -20)))
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}
