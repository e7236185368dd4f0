// What leads from what people give to one archive: data, which a host may give otherwise.
import type { Rule } from '@rushes/pipeline'

const megabyte = 2 ** 20

/** Kinds of resources: `input wishes file/… reading track leftover looked-track deck pages montage cut …`, and at last `umf`. */
export const conversionRuleset: readonly Rule[] = [
  {
    ...{ name: 'list', each: 'input', gives: ['file/*'], isRequired: true },
    candidates: [{ processor: 'list-input', seconds: 20, memoryBytes: 16 * megabyte }],
  },
  {
    ...{ name: 'unpack', each: 'file/application/zip', gives: ['file/*'] },
    candidates: [{ processor: 'unzip', seconds: 10, secondsPerMb: 0.2, memoryBytes: 32 * megabyte }],
  },
  {
    // What no signature at its beginning tells of is looked through for what it holds.
    ...{ name: 'extract', each: 'file/application/octet-stream', gives: ['file/*', 'blob-index'] },
    candidates: [{ processor: 'extractor', seconds: 30, secondsPerMb: 0.2, memoryBytes: 32 * megabyte }],
  },
  {
    ...{ name: 'identity', each: 'wishes', gives: ['identity'], isRequired: true },
    candidates: [{ processor: 'draw-identity', seconds: 1, memoryBytes: megabyte }],
  },
  {
    ...{ name: 'read', each: 'wishes', all: ['file/*', 'blob-index'], isRequired: true },
    gives: ['reading', 'track', 'deck', 'leftover', 'unplaced', 'slide-watch'],
    candidates: [{ processor: 'inquisitor', seconds: 20, secondsPerMb: 0.05, memoryBytes: 256 * megabyte }],
  },
  {
    ...{ name: 'look', each: 'track', gives: ['looked-track'] },
    candidates: [{ processor: 'look-through', seconds: 10, secondsPerMb: 0.1, memoryBytes: 128 * megabyte }],
  },
  {
    ...{ name: 'arrange', each: 'reading', all: ['looked-track', 'wishes'] },
    gives: ['montage', 'cut', 'sound-plan', 'presentation'],
    candidates: [{ processor: 'montage', seconds: 10, secondsPerMb: 0.05, memoryBytes: 128 * megabyte }],
  },
  {
    ...{ name: 'picture', each: 'cut', gives: ['segment'] },
    candidates: [
      // Of a cut, how long it lasts is in its size: a second counts as a megabyte. Many times as long as expected is too long, so
      // what is expected is that of a busy machine.
      { processor: 'encode-cut', seconds: 10, secondsPerMb: 2, memoryBytes: 400 * megabyte, cores: 1 },
      { processor: 'black-cut', seconds: 10, secondsPerMb: 1, memoryBytes: 200 * megabyte, cores: 1 },
    ],
  },
  {
    ...{ name: 'sound', each: 'sound-plan', gives: ['sound'] },
    candidates: [{ processor: 'encode-sound', seconds: 10, secondsPerMb: 0.5, memoryBytes: 200 * megabyte, cores: 1 }],
  },
  {
    ...{ name: 'join', each: 'montage', all: ['segment', 'sound'], gives: ['presentation'] },
    candidates: [{ processor: 'join-presentation', seconds: 20, secondsPerMb: 0.1, memoryBytes: 200 * megabyte }],
  },
  {
    ...{ name: 'pages', each: 'deck', gives: ['pages'] },
    candidates: [
      { processor: 'draw-pages', seconds: 30, secondsPerMb: 5, memoryBytes: 400 * megabyte },
      // Only where the one before has found a page that it could not draw, or a damaged slide: each page alone, repaired copies,
      // and what can be had of it.
      { processor: 'draw-each-page', seconds: 60, secondsPerMb: 60, memoryBytes: 400 * megabyte },
      { processor: 'found-pages', seconds: 5, memoryBytes: 100 * megabyte },
    ],
  },
  {
    ...{ name: 'align', each: 'unplaced', all: ['looked-track'], gives: ['aligned'] },
    candidates: [{ processor: 'align-sound', seconds: 30, secondsPerMb: 1, memoryBytes: 400 * megabyte }],
  },
  {
    ...{ name: 'slide-times', each: 'slide-watch', gives: ['seen-slides'] },
    all: ['looked-track', 'pages', 'discovered', 'file/text/vtt', 'file/application/x-subrip', 'file/image/*'],
    candidates: [
      { processor: 'watch-slides', seconds: 60, secondsPerMb: 2, memoryBytes: 400 * megabyte },
      // Where they are not seen: to some seconds only.
      { processor: 'hear-slides', seconds: 20, memoryBytes: 200 * megabyte },
    ],
  },
  {
    // Times are held against how long it was recorded, and numbers of pages against the decks.
    ...{
      name: 'discover',
      each: 'leftover',
      all: ['reading', 'looked-track', 'pages', 'wishes'],
      gives: ['discovered'],
    },
    candidates: [{ processor: 'discoverer', seconds: 30, secondsPerMb: 5, memoryBytes: 512 * megabyte, cores: 1 }],
  },
  {
    ...{ name: 'collate', each: 'reading', isRequired: true },
    all: [
      ...['wishes', 'identity', 'file/*', 'looked-track', 'pages', 'presentation', 'blob-index', 'discovered'],
      ...['aligned', 'seen-slides'],
    ],
    gives: ['umf'],
    candidates: [{ processor: 'collator', seconds: 30, secondsPerMb: 0.2, memoryBytes: 256 * megabyte }],
  },
]
