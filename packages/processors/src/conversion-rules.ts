import { NOTES, PDF, SRT, TTML, VTT, WAVEFORM, WAVEFORM_PNG, WAVEFORM_SVG } from './content-kind.ts'
import { ODP, PPT, PPTX } from './documents/deck.ts'

export type RuleInput = {
  /** A kind, or all of one: `audio/wav`, `audio/*`; see `matchesKind`. */
  contentType: string
  /** The type of the item that it comes from: `slide`, `transcript`, …; any where it is missing. */
  type?: string
  /** Default `one`; of the inputs of a rule at most one is `many`. */
  count?: 'one' | 'many'
}

/** What can be made from what, by whom. */
export type ConversionRule = {
  from: readonly RuleInput[]
  to: string
  /** Name of a processor. */
  processor: string
  /** Over 0: about how many seconds of work an hour of media is, and more for what is lost on the way. */
  cost: number
}

/** What ffmpeg reads; its own lists decide over what is really in it. */
const moving = ['audio/*', 'video/*']
const sounds = { 'audio/mp4': 20, 'audio/mpeg': 25, 'audio/ogg': 25, 'audio/flac': 15, 'audio/wav': 10 }
const stills = ['image/png', 'image/jpeg', 'image/webp']

export const conversionRules: readonly ConversionRule[] = [
  ...moving.flatMap((from) => Object.entries(sounds).map(([to, cost]) => rule(from, to, 'ffmpeg-audio', cost))),
  ...[...stills, 'image/gif', 'image/bmp'].flatMap((from) => stills.map((to) => rule(from, to, 'ffmpeg-image', 1))),
  ...stills.map((to) => rule('video/*', to, 'ffmpeg-poster', 1)),
  {
    from: [{ contentType: 'image/png', count: 'many' }, { contentType: 'audio/*' }],
    ...{ to: 'video/mp4', processor: 'ffmpeg-slideshow', cost: 200 },
  },

  rule(PDF, 'image/png', 'pdf-page', 5),
  rule(PDF, 'text/plain', 'pdf-text', 5),
  ...[PPTX, ODP, PPT].flatMap((from) => [
    rule(from, 'text/plain', 'deck-text', 1),
    rule(from, NOTES, 'deck-text', 1),
    rule(from, PDF, 'office-pdf', 20),
  ]),

  rule('audio/wav', WAVEFORM, 'wav-peaks', 1),
  ...moving.map((from) => rule(from, WAVEFORM, 'ffmpeg-peaks', 10)),
  rule(WAVEFORM, WAVEFORM_SVG, 'waveform-picture', 1),
  rule(WAVEFORM, WAVEFORM_PNG, 'waveform-picture', 1),

  // WebVTT holds all that the other two hold of what we keep, so that they meet in it.
  rule(SRT, VTT, 'captions', 1),
  rule(TTML, VTT, 'captions', 1),
  rule(VTT, SRT, 'captions', 1),
  rule(VTT, TTML, 'captions', 1),
  rule(VTT, 'text/plain', 'captions', 1),
]

function rule(contentType: string, to: string, processor: string, cost: number): ConversionRule {
  return { from: [{ contentType }], to, processor, cost }
}
