// Low-Latency HLS (draft-pantos-hls-rfc8216bis): one media playlist of a recording while it is made.
import type { LiveSegment } from '../live/live-timeline.ts'

export type LivePlaylistOptions = {
  /** Relative to the playlist, as every URI. */
  initUri: string
  segmentUri(sequence: number): string
  partUri(sequence: number, part: number): string
  /** When the recording's position 0 was made: ms since the Unix epoch. */
  startedAt: number
}

export type LivePlaylistState = {
  /** How far behind the end players stay, s; never less than three parts (§4.4.3.8). */
  holdBack: number
  ended: boolean
  /** Where the next part is expected. */
  next: { sequence: number; part: number }
  /** Without what a player already has (§4.4.5.2). */
  skip: boolean
}

/** Segments wait for key frames, which every recorder of ours makes at least every 2 s. */
const expectedTarget = 4
/** Of what the timeline cuts at 255 ms: 85 % of this, which is the least that a part may last (§4.4.4.9). */
const expectedPart = 0.3
/** Parts are listed for the last segments only: late players take whole ones. */
const segmentsWithParts = 3
/** §4.4.3.8: at least six target durations. */
const skipTargets = 6

/** The lines of whole segments are kept: a long recording's playlist is made by adding to what was there. */
export class LivePlaylist {
  readonly #options: LivePlaylistOptions
  /** Of segment `n`, without parts. */
  readonly #whole: string[] = []
  #target = expectedTarget
  #part = expectedPart
  #segmentsSeen = 0
  #independent = true

  constructor(options: LivePlaylistOptions) {
    this.#options = options
  }

  /** Longest part of those listed last, s. One that lasted long, where a picture came late, delays nobody once it is gone. */
  get partTarget(): number {
    return this.#part
  }

  text(segments: readonly LiveSegment[], { holdBack, ended, next, skip }: LivePlaylistState): string {
    this.#measure(segments)
    const skipSeconds = skipTargets * this.#target
    const lines = [
      '#EXTM3U',
      '#EXT-X-VERSION:9',
      `#EXT-X-TARGETDURATION:${this.#target}`,
      `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=${skipSeconds.toFixed(1)},HOLD-BACK=${(3 * this.#target).toFixed(1)},PART-HOLD-BACK=${Math.max(holdBack, 3 * this.#part).toFixed(3)}`,
      `#EXT-X-PART-INF:PART-TARGET=${this.#part.toFixed(3)}`,
      '#EXT-X-MEDIA-SEQUENCE:0',
      '#EXT-X-PLAYLIST-TYPE:EVENT',
      ...(this.#independent ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []),
    ]
    const skipped = skip ? this.#skippable(segments, skipSeconds) : 0
    if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`)
    else lines.push(`#EXT-X-MAP:URI="${this.#options.initUri}"`)
    const firstWithParts = ended ? segments.length : Math.max(0, segments.length - segmentsWithParts)
    const untouched = this.#whole.slice(skipped, Math.max(skipped, Math.min(firstWithParts, this.#whole.length)))
    if (untouched.length > 0) lines.push(untouched.join('\n'))
    for (let sequence = Math.max(skipped, firstWithParts); sequence < segments.length; sequence++) {
      lines.push(...this.#withParts(segments[sequence]!, sequence))
    }
    if (ended) lines.push('#EXT-X-ENDLIST')
    else lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${this.#options.partUri(next.sequence, next.part)}"`)
    return `${lines.join('\n')}\n`
  }

  #measure(segments: readonly LiveSegment[]): void {
    for (let sequence = this.#whole.length; sequence < segments.length; sequence++) {
      const segment = segments[sequence]!
      if (segment.end === null) break
      const duration = segment.end - segment.start
      this.#target = Math.max(this.#target, Math.round(duration))
      this.#whole.push(`${this.#date(segment)}\n${this.#line(segment, sequence)}`)
    }
    for (let sequence = this.#segmentsSeen; sequence < segments.length; sequence++) {
      const { isIndependent, end } = segments[sequence]!
      this.#independent &&= isIndependent
      if (end !== null) this.#segmentsSeen = sequence + 1
    }
    const listed = segments.slice(-segmentsWithParts).flatMap(({ parts }) => parts)
    this.#part = Math.max(expectedPart, ...listed.map(({ start, end }) => end - start))
  }

  #skippable(segments: readonly LiveSegment[], skipSeconds: number): number {
    const end = segments.at(-1)?.parts.at(-1)?.end ?? 0
    let skipped = Math.min(this.#whole.length, segments.length)
    while (skipped > 0 && end - (segments[skipped - 1]!.end ?? end) < skipSeconds) skipped--
    return skipped
  }

  #withParts(segment: LiveSegment, sequence: number): string[] {
    const { partUri } = this.#options
    const parts = segment.parts.map((part, index) => {
      const independent = part.isIndependent ? ',INDEPENDENT=YES' : ''
      return `#EXT-X-PART:DURATION=${(part.end - part.start).toFixed(5)},URI="${partUri(sequence, index)}"${independent}`
    })
    const closed = segment.end === null ? [] : [this.#line(segment, sequence)]
    return [this.#date(segment), ...parts, ...closed]
  }

  #date({ start }: LiveSegment): string {
    return `#EXT-X-PROGRAM-DATE-TIME:${new Date(this.#options.startedAt + 1000 * start).toISOString()}`
  }

  #line({ start, end }: LiveSegment, sequence: number): string {
    return `#EXTINF:${(end! - start).toFixed(5)},\n${this.#options.segmentUri(sequence)}`
  }
}
