import type { Track } from '../track.ts'
import { type Box, box, fullBox, u32 } from './box.ts'
import { dinf, elng, ftyp, hdlr, mdhd, mvhd, smhd, stco, stsc, stsz, stts, tkhd, vmhd } from './boxes.ts'
import { stsd } from './sample-entries.ts'

const BRANDS = ['iso6', 'cmfc', 'mp41'] as const

/** What a player needs before the fragments of these tracks (`ftyp`, `moov` without samples); null while one can't be described. */
export function fragmentInit(tracks: readonly Track[]): Uint8Array | null {
  const traks = tracks.map(trak)
  if (tracks.length === 0 || traks.includes(null)) return null
  // §8.8.3: the description that every sample has; all else each fragment says.
  const defaults = tracks.map(({ id }) => fullBox('trex', 0, 0, u32(id, 1, 0, 0, 0)))
  const nextId = Math.max(...tracks.map(({ id }) => id)) + 1
  const movie = box('moov', mvhd(1000, 0, Math.min(nextId, 0xffffffff)), ...traks, box('mvex', ...defaults))
  const { pieces } = ftyp('iso6', BRANDS)
  return joined([...pieces, ...movie.pieces])
}

function trak(track: Track): Box | null {
  const description = stsd(track)
  if (description === null) return null
  const isAudio = track.kind === 'audio'
  const { video } = track
  const head = tkhd({
    id: track.id,
    duration: 0,
    isAudio,
    width: video?.displayWidth ?? 0,
    height: video?.displayHeight ?? 0,
    rotation: video?.rotation ?? 0,
  })
  const none = new Uint8Array(0)
  const stbl = box('stbl', description, stts(0, []), stsc(0, []), stsz(0, []), stco(0, none))
  return box(
    'trak',
    head,
    box(
      'mdia',
      mdhd(track.timescale, 0, track.language),
      elng(track.language),
      hdlr(isAudio ? 'soun' : 'vide', track.name),
      box('minf', isAudio ? smhd() : vmhd(), dinf(), stbl),
    ),
  )
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
