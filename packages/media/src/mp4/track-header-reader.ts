import { OBJECT_TYPE, readEsds } from '../codec/aac.ts'
import { MediaError } from '../media-error.ts'
import type { AudioFormat, Codec, ColourDescription, EditList, Track, VideoFormat } from '../track.ts'
import { type BoxRange, boxesIn, FieldReader, findBox, fourccAt } from './box-reader.ts'

/** Sample entry fourccs by codec; `mp4a` says in `esds` what it is. */
const CODECS: { readonly [fourcc: string]: Codec } = {
  avc1: 'avc',
  avc3: 'avc',
  hvc1: 'hevc',
  hev1: 'hevc',
  vp08: 'vp8',
  vp09: 'vp9',
  av01: 'av1',
  Opus: 'opus',
  mp4a: 'aac',
  fLaC: 'flac',
  '.mp3': 'mp3',
  ipcm: 'pcm',
  fpcm: 'pcm',
  lpcm: 'pcm',
  sowt: 'pcm',
  twos: 'pcm',
  in24: 'pcm',
  in32: 'pcm',
  fl32: 'pcm',
  fl64: 'pcm',
  'raw ': 'pcm',
  NONE: 'pcm',
  alaw: 'pcm',
  ulaw: 'pcm',
}

/** The box that holds each codec's configuration. */
const CONFIG_BOXES: { readonly [codec: string]: string } = {
  avc: 'avcC',
  hevc: 'hvcC',
  vp8: 'vpcC',
  vp9: 'vpcC',
  av1: 'av1C',
  opus: 'dOps',
  flac: 'dfLa',
}

/** QuickTime File Format, Language Code Values: what `mdhd` has below 0x400, the commonest of them. */
const MACINTOSH_LANGUAGES =
  'eng fra deu ita nld swe spa dan por nor heb jpn ara fin ell isl mlt tur hrv zho urd hin tha kor'.split(' ')

type Presentation = Pick<VideoFormat, 'displayWidth' | 'displayHeight' | 'rotation'>

type Entry = {
  codec: Codec
  codecId: string
  config: Uint8Array | null
  video: VideoFormat | null
  audio: AudioFormat | null
}

/**
 * A `trak` box (ISO 14496-12 §8.3) as a track, its first sample entry taken.
 *
 * @throws MediaError `malformed`
 */
export function readTrack(view: DataView, trak: BoxRange, movieTimescale: number): Track {
  const tkhd = needed(view, trak, 'tkhd')
  const mdia = needed(view, trak, 'mdia')
  const { id, shown } = readTrackHeader(new FieldReader(view, tkhd))
  const { timescale, language } = readMediaHeader(new FieldReader(view, needed(view, mdia, 'mdhd')))
  const { handler, name } = readHandler(view, needed(view, mdia, 'hdlr'))
  const stsd = needed(view, needed(view, needed(view, mdia, 'minf'), 'stbl'), 'stsd')
  const kind = handler === 'vide' ? 'video' : handler === 'soun' ? 'audio' : 'other'
  const entry = readSampleDescription(view, stsd, kind, shown)
  return {
    id,
    kind,
    codec: entry.codec,
    codecId: entry.codecId,
    parameterSets: entry.codecId === 'avc3' || entry.codecId === 'hev1' ? 'in-band' : 'config',
    config: entry.config,
    codecPrivate: null,
    timescale,
    language: readExtendedLanguage(view, mdia) ?? language,
    name,
    video: entry.video,
    audio: entry.audio,
    codecDelay: 0,
    edits: readEdits(view, trak, movieTimescale),
  }
}

/** @throws MediaError `malformed` where it is missing */
export function needed(view: DataView, parent: BoxRange, type: string): BoxRange {
  const found = findBox(view, parent.start, parent.end, type)
  if (found === null) throw new MediaError('malformed', `box ${parent.type} has no ${type}`)
  return found
}

function readTrackHeader(fields: FieldReader): { id: number; shown: Presentation } {
  const { version } = fields.versionAndFlags()
  fields.skip(version === 1 ? 16 : 8)
  const id = fields.u32()
  if (id === 0) throw new MediaError('malformed', 'a track has the number 0')
  fields.skip(4 + (version === 1 ? 8 : 4) + 8 + 8)
  const a = fields.i32()
  const b = fields.i32()
  fields.skip(28)
  const rotation = b > 0 && a === 0 ? 90 : b < 0 && a === 0 ? 270 : a < 0 ? 180 : 0
  return { id, shown: { rotation, displayWidth: fields.u32() / 65536, displayHeight: fields.u32() / 65536 } }
}

function readMediaHeader(fields: FieldReader): { timescale: number; language: string } {
  const { version } = fields.versionAndFlags()
  fields.skip(version === 1 ? 16 : 8)
  const timescale = fields.u32()
  if (timescale === 0) throw new MediaError('malformed', 'a track counts 0 ticks a second')
  fields.skip(version === 1 ? 8 : 4)
  const packed = fields.u16()
  const letters = [packed >> 10, packed >> 5, packed].map((five) => String.fromCharCode((five & 31) + 0x60)).join('')
  const language = packed < 0x400 ? MACINTOSH_LANGUAGES[packed] : letters
  return { timescale, language: language !== undefined && /^[a-z]{3}$/.test(language) ? language : 'und' }
}

function readExtendedLanguage(view: DataView, mdia: BoxRange): string | null {
  const elng = findBox(view, mdia.start, mdia.end, 'elng')
  if (elng === null) return null
  const text = readText(view, elng.start + 4, elng.end)
  return /^[A-Za-z0-9-]{2,64}$/.test(text) ? text : null
}

function readHandler(view: DataView, hdlr: BoxRange): { handler: string; name: string } {
  const fields = new FieldReader(view, hdlr)
  fields.skip(8)
  const handler = fourccAt(view, skipped(fields, 4))
  fields.skip(12)
  return { handler, name: readText(view, fields.at, hdlr.end) }
}

function readText(view: DataView, start: number, end: number): string {
  if (start >= end) return ''
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, Math.min(end - start, 256))
  // QuickTime's names begin with their length instead of ending with a zero.
  const isCounted = bytes.length > 0 && bytes[0]! < 32 && bytes[0]! === bytes.length - 1
  const zero = bytes.indexOf(0)
  return new TextDecoder().decode(isCounted ? bytes.subarray(1) : bytes.subarray(0, zero < 0 ? bytes.length : zero))
}

/** §8.6.6; rates are kept, since a rate of 0 is a still. A list with a time that means nothing is none. */
export function readEdits(view: DataView, trak: BoxRange, movieTimescale: number): EditList | null {
  const edts = findBox(view, trak.start, trak.end, 'edts')
  const elst = edts === null ? null : findBox(view, edts.start, edts.end, 'elst')
  if (elst === null) return null
  const fields = new FieldReader(view, elst)
  const { version } = fields.versionAndFlags()
  const count = fields.u32()
  fields.expectRows(count, version === 1 ? 20 : 12)
  const entries: EditList['entries'] = []
  for (let index = 0; index < count; index++) {
    const duration = version === 1 ? fields.u64() : fields.u32()
    const mediaTime = version === 1 ? fields.i64() : fields.i32()
    // §8.6.6.3: −1 is emptiness, and nothing else below 0 is a time of the media.
    if (mediaTime < -1) return null
    entries.push({ duration, mediaTime, rate: fields.i32() / 65536 })
  }
  return count === 0 ? null : { movieTimescale, entries }
}

function readSampleDescription(view: DataView, stsd: BoxRange, kind: Track['kind'], shown: Presentation): Entry {
  const [entry] = boxesIn(view, stsd.start + 8, stsd.end)
  if (entry === undefined) throw new MediaError('malformed', 'a track describes no samples')
  if (kind === 'video') return readVisualEntry(view, entry, shown)
  if (kind === 'audio') return readAudioEntry(view, entry)
  return { codec: 'other', codecId: entry.type, config: null, video: null, audio: null }
}

/** §12.1.3 */
function readVisualEntry(view: DataView, entry: BoxRange, shown: Presentation): Entry {
  const fields = new FieldReader(view, entry)
  fields.skip(24)
  const width = fields.u16()
  const height = fields.u16()
  fields.skip(50)
  const codec = CODECS[entry.type] ?? 'other'
  const inner: BoxRange = { type: entry.type, start: fields.at, end: entry.end }
  const video = { width, height, ...shownSize(view, inner, width, height, shown), colour: readColour(view, inner) }
  return { codec, codecId: entry.type, config: readConfig(view, inner, codec), video, audio: null }
}

/** `pasp` (§12.1.4) says it exactly; `tkhd`, which has the size in whole pixels for most writers, is asked without it. */
function shownSize(view: DataView, inner: BoxRange, width: number, height: number, shown: Presentation): Presentation {
  const { rotation } = shown
  const pasp = findBox(view, inner.start, inner.end, 'pasp')
  const hasRatio = pasp !== null && pasp.end - pasp.start >= 8
  const ratio = hasRatio ? view.getUint32(pasp.start) / view.getUint32(pasp.start + 4) : 0
  if (ratio >= 1 / 16 && ratio <= 16) return { rotation, displayWidth: width * ratio, displayHeight: height }
  const isSaid = shown.displayWidth > 0 && shown.displayHeight > 0
  return isSaid ? shown : { rotation, displayWidth: width, displayHeight: height }
}

function readColour(view: DataView, inner: BoxRange): ColourDescription | null {
  for (const colr of boxesIn(view, inner.start, inner.end)) {
    if (colr.type !== 'colr' || colr.end - colr.start < 10) continue
    const kind = fourccAt(view, colr.start)
    if (kind !== 'nclx' && kind !== 'nclc') continue
    const fields = new FieldReader(view, colr)
    fields.skip(4)
    const [primaries, transfer, matrix] = [fields.u16(), fields.u16(), fields.u16()]
    // `nclc` (QuickTime) has no range byte.
    return { primaries, transfer, matrix, fullRange: kind === 'nclx' && fields.left > 0 ? fields.u8() >= 128 : null }
  }
  return null
}

/** §12.2.3; QuickTime's versions 1 and 2 have more fields in front of the boxes. */
function readAudioEntry(view: DataView, entry: BoxRange): Entry {
  const fields = new FieldReader(view, entry)
  fields.skip(8)
  const version = fields.u16()
  fields.skip(6)
  let channels = fields.u16()
  let bitDepth = fields.u16()
  fields.skip(4)
  let sampleRate = fields.u32() / 65536
  if (version === 1) fields.skip(16)
  if (version === 2) {
    fields.skip(4)
    sampleRate = view.getFloat64(skipped(fields, 8))
    channels = fields.u32()
    fields.skip(4)
    bitDepth = fields.u32()
    fields.skip(12)
  }
  let inner: BoxRange = { type: entry.type, start: fields.at, end: entry.end }
  const wave = version > 0 ? findBox(view, inner.start, inner.end, 'wave') : null
  if (wave !== null) inner = wave
  const audio = { sampleRate: Number.isFinite(sampleRate) ? Math.round(sampleRate) : 0, channels, bitDepth }
  const codec = CODECS[entry.type] ?? 'other'
  if (entry.type === 'mp4a') return { codecId: 'mp4a', video: null, audio, ...readElementary(view, inner) }
  const config = readConfig(view, inner, codec)
  return {
    codec,
    codecId: entry.type,
    config,
    video: null,
    audio: codec === 'opus' ? { ...audio, sampleRate: 48000 } : audio,
  }
}

/** Where a field lies that a DataView reads itself, once it is known to be there. */
function skipped(fields: FieldReader, bytes: number): number {
  const at = fields.at
  fields.skip(bytes)
  return at
}

function readElementary(view: DataView, inner: BoxRange): { codec: Codec; config: Uint8Array | null } {
  const esds = findBox(view, inner.start, inner.end, 'esds')
  if (esds === null) return { codec: 'other', config: null }
  const { objectType, config } = readEsds(content(view, esds))
  if (objectType === OBJECT_TYPE.mpeg1Audio || objectType === OBJECT_TYPE.mpeg2Audio)
    return { codec: 'mp3', config: null }
  // 0x40 is MPEG-4 audio, 0x66 to 0x68 the profiles of MPEG-2 AAC.
  const isAac = objectType === OBJECT_TYPE.aac || (objectType >= 0x66 && objectType <= 0x68)
  return { codec: isAac ? 'aac' : 'other', config: config === null ? null : config.slice() }
}

function readConfig(view: DataView, inner: BoxRange, codec: Codec): Uint8Array | null {
  const type = CONFIG_BOXES[codec]
  const found = type === undefined ? null : findBox(view, inner.start, inner.end, type)
  return found === null ? null : content(view, found).slice()
}

function content(view: DataView, range: BoxRange): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + range.start, range.end - range.start)
}
