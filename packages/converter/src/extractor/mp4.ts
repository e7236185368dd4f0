import type { ByteWindow } from './byte-window.ts'
import { type Movie, readFragment, readMovie } from './mp4-movie.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

/** Boxes that stand beside each other in a file (ISO 14496-12 §6.2.3, and QuickTime's). Another type is another file. */
const topLevel: ReadonlySet<string> = new Set([
  ...['ftyp', 'styp', 'moov', 'mdat', 'moof', 'mfra', 'sidx', 'ssix', 'free', 'skip', 'wide', 'uuid', 'meta', 'meco'],
  ...['pdin', 'prft', 'emsg', 'udta', 'pnot', 'PICT', 'imda', 'idat', 'junk'],
])
/** A file of more boxes side by side is there to be walked for ever. */
const MOST_BOXES = 1_000_000

const pictureCodec = /^(jpeg|mjp|mjpa|mjpb|AVDJ|png|gif|tiff|raw|mp4v\.6c)/i

type Walking = {
  brand: string
  movie: Movie | null
  mdatFirst: number
  /** Header and claimed end of the last `mdat`. */
  mdat: { start: number; data: number; end: number; open: boolean } | null
  /** End of the samples that the last fragment tells of. */
  fragmentEnd: number
  fragments: number
  items: boolean
}

/**
 * ISO base media files and QuickTime: boxes from the first to the last that fits. A last `mdat` ends with its last
 * sample where it claims more and no box follows.
 */
export function* walkMp4(window: ByteWindow, start: number): Walk<Walked | null> {
  const walking: Walking = {
    brand: '',
    movie: null,
    mdatFirst: -1,
    mdat: null,
    fragmentEnd: 0,
    fragments: 0,
    items: false,
  }
  let at = start
  let cutAt: number | null = null
  for (let boxes = 0; boxes < MOST_BOXES; boxes++) {
    if (!(yield* window.need(at, 8))) break
    const type = window.text(at + 4, 4)
    if (!topLevel.has(type) || (type === 'ftyp' && at !== start)) break
    const word = window.u32(at)
    if (word === 1 && !(yield* window.need(at, 16))) break
    const header = word === 1 ? 16 : 8
    const size = word === 1 ? window.u64(at + 8) : word
    const open = word === 0
    if ((!open && size < header) || (open && type !== 'mdat')) break
    const end = open ? (window.size ?? Number.MAX_SAFE_INTEGER) : at + size
    const whole = !open && (yield* window.reaches(end))
    if (!(yield* readBox(window, walking, type, at, header, end, whole, start))) return null
    if (!whole) {
      cutAt = at + header
      at = end
      break
    }
    at = end
  }
  return yield* finish(window, walking, start, at, cutAt)
}

function* readBox(
  window: ByteWindow,
  walking: Walking,
  type: string,
  at: number,
  header: number,
  end: number,
  whole: boolean,
  start: number,
): Walk<boolean> {
  if (type === 'ftyp' || type === 'styp') {
    if (end - at < 16 || end - at > 4096 || !(yield* window.need(at + header, 4))) return false
    walking.brand ||= window.text(at + header, 4)
  } else if (type === 'moov' && whole) {
    const movie = yield* readMovie(window, at + header, end)
    if (movie === null) return at !== start
    walking.movie ??= movie
  } else if (type === 'moof' && whole) {
    walking.fragmentEnd = yield* readFragment(window, at, at + header, end, walking.movie)
    walking.fragments++
  } else if (type === 'mdat' || type === 'imda') {
    if (walking.mdatFirst < 0) walking.mdatFirst = at
    walking.mdat = { start: at, data: at + header, end, open: !whole }
  } else if (type === 'meta') walking.items = true
  return true
}

function* finish(
  window: ByteWindow,
  walking: Walking,
  start: number,
  reached: number,
  cutAt: number | null,
): Walk<Walked | null> {
  const { movie, mdat, brand } = walking
  const told = movie !== null || walking.fragments > 0 || (walking.items && brand !== '')
  // A word "mdat" in a text is no file, and neither is a header that nothing follows.
  if (!told && (brand === '' || mdat === null)) return null
  const notes: FoundNote[] = []
  let end = reached
  let proven = reached
  let whole = told
  const sampleEnd = walking.fragmentEnd > 0 ? walking.fragmentEnd : start + (movie?.sampleEnd ?? 0)
  const last = mdat !== null && mdat.end === reached && (movie !== null || walking.fragments > 0)
  if (last && sampleEnd > mdat.data && sampleEnd <= mdat.end) {
    if (sampleEnd < mdat.end) {
      notes.push({
        severity: 'warning',
        code: 'mdat-too-long',
        message: `mdat claims ${mdat.open ? 'more bytes than there are' : `${mdat.end - sampleEnd} bytes more than its samples`}`,
      })
    }
    end = sampleEnd
    whole = yield* window.reaches(end)
    const ends = whole ? yield* movieEnds(window, movie, start) : false
    if (ends === false) whole = false
    proven = ends === true ? end : mdat.data
    if (whole) cutAt = null
  } else if (cutAt !== null) whole = false
  if (!whole) {
    const size = window.size
    if (size !== null && end > size) end = size
    proven = Math.min(proven, cutAt ?? mdat?.data ?? start + 8, end)
    if (!told && mdat !== null) proven = mdat.data
    notes.push({ severity: 'warning', code: 'cut', message: told ? 'cut within its samples' : 'cut: no moov' })
  }
  if (end <= start) return null
  return { ...describe(walking), end, proven, whole, notes }
}

/** Whether the last picture is one: its NAL lengths add up. Other samples prove nothing: null. */
function* movieEnds(window: ByteWindow, movie: Movie | null, start: number): Walk<boolean | null> {
  // Pictures are files themselves, which would be taken for others.
  if (movie?.codecs.some((codec) => pictureCodec.test(codec)) === true) return true
  const sample = movie?.lastNalSample ?? null
  if (sample === null) return null
  const end = start + sample.end
  for (let at = start + sample.start; at !== end; ) {
    if (at + sample.lengthBytes > end || !(yield* window.need(at, sample.lengthBytes))) return false
    let size = 0
    for (let index = 0; index < sample.lengthBytes; index++) size = size * 256 + window.u8(at + index)
    if (size === 0) return false
    at += sample.lengthBytes + size
    if (at > end) return false
  }
  return true
}

function describe(walking: Walking): Pick<Walked, 'format' | 'durationMs' | 'startMs' | 'facts'> {
  const { movie, brand } = walking
  const images =
    movie === null && walking.fragments === 0 && walking.items && /^(mif1|msf1|hei[cxms]|avi[fs])$/.test(brand)
  if (images) return { format: 'heif', facts: { brand } }
  const audioOnly = movie !== null && movie.video === 0 && movie.audio > 0
  const quickTime = brand === 'qt  ' || brand === ''
  const format = audioOnly && !quickTime ? 'm4a' : quickTime && walking.fragments === 0 ? 'mov' : 'mp4'
  if (movie === null) return { format, facts: { brand, fragments: walking.fragments } }
  const { startMs, endMs } = movie.span()
  return {
    format,
    startMs,
    durationMs: endMs - startMs,
    facts: {
      brand,
      videoTracks: movie.video,
      audioTracks: movie.audio,
      codecs: movie.codecs.join(','),
      fragments: walking.fragments,
      moovFirst: walking.mdatFirst < 0 || movie.at < walking.mdatFirst,
    },
  }
}
