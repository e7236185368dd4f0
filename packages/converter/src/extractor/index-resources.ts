import { type Anchor, anchors, LOOK_AHEAD } from './anchors.ts'
import { type ByteSource, sliceSource } from './byte-source.ts'
import { ByteWindow, runWalk } from './byte-window.ts'
import { type Format, type FoundType, formats } from './formats.ts'
import { type Hit, nextText, SignatureScan, TEXT_STRIDE } from './signature-scan.ts'
import { textPieces } from './text-kind.ts'
import { type TextRun, textRun } from './text-run.ts'
import { type Facts, type FoundNote, type Walk, WalkExhausted, type Walked } from './walk.ts'
import { zipHeaders } from './zip.ts'

/** A resource in a stream of bytes. */
export type Found = {
  /** First byte, and the one behind the last. */
  start: number
  end: number
  format: Format
  type: FoundType
  contentType: string
  /** False where it was cut, or where its header claims more than there is; a note says which. */
  whole: boolean
  /** Its first time and its end on its own clock, where its structure says so. */
  startMs?: number
  endMs?: number
  /** What the format's structure says besides; names differ from format to format. */
  facts: Facts
  notes: FoundNote[]
  /** The resource that it lies in: `start` of that one. Only with `nested`. */
  within?: number
}

export type IndexOptions = {
  /** Formats to look for; left out: all. */
  formats?: readonly Format[]
  /** Tell as well of whole resources inside of others: stored entries of a zip, pictures in a document. */
  nested?: boolean
  signal?: AbortSignal
  /** Told how far the scan is, bytes. */
  onProgress?: (position: number) => void
}

const CHUNK = 1 << 19
/** What says that it lasts longer than a hundred years says nothing. */
const LONGEST_MS = 100 * 366 * 86_400_000
const DEEPEST_NESTING = 4
/** What failed walks may cost in all, about in bytes read: this, and {@link SHARE} times what was scanned. */
const FREE_WORK = 256 * 2 ** 20
const SHARE = 8

/**
 * The index of every resource in a source, in order of their starts, in one pass: bytes that belong to a whole resource
 * are not scanned. Ends are what the formats' structure says. Hostile bytes cost time linear in their number.
 *
 * @throws what the source throws, and the signal's reason
 */
export async function* indexResources(
  source: ByteSource,
  options: IndexOptions = {},
): AsyncGenerator<Found, void, void> {
  yield* new Extraction(source, options).run(0)
}

/** Tables of the scans for everything, which are the same for all. */
const scans = new Map<boolean, SignatureScan>()

function scanFor(asked: readonly Format[] | undefined, onlyStrong: boolean): SignatureScan {
  const known = asked === undefined ? scans.get(onlyStrong) : undefined
  if (known !== undefined) return known
  const wanted = anchors.filter(({ formats: own, strong }) => {
    return (strong || !onlyStrong) && (asked === undefined || own.some((format) => asked.includes(format)))
  })
  const scan = new SignatureScan(wanted)
  if (asked === undefined) scans.set(onlyStrong, scan)
  return scan
}

class Extraction {
  readonly #source: ByteSource
  readonly #options: IndexOptions
  readonly #window: ByteWindow
  readonly #all: SignatureScan
  readonly #strong: SignatureScan
  readonly #text: boolean
  readonly #bytes = Buffer.allocUnsafeSlow(CHUNK)
  readonly #pairs = new Uint16Array(this.#bytes.buffer, this.#bytes.byteOffset, CHUNK / 2)
  /** Where the chunk lies in the source, and how much of it is there. */
  #base = 0
  #length = -1
  /** Headers that belong to what is being looked into. */
  #skipped: ReadonlySet<number> = new Set()
  /** What failed walks have looked at. */
  #wasted = 0

  constructor(source: ByteSource, options: IndexOptions) {
    this.#source = source
    this.#options = options
    this.#window = new ByteWindow({
      get size() {
        return source.size
      },
      read: (at, into) => this.#readNear(at, into),
    })
    const asked = options.formats
    this.#all = scanFor(asked, false)
    this.#strong = scanFor(asked, true)
    this.#text = asked === undefined || asked.some((format) => textFormats.has(format))
  }

  /** @param from first byte to look at; before it nothing begins */
  async *run(from: number, onlyStrong = false, depth = 0): AsyncGenerator<Found, void, void> {
    let floor = from
    let at = from
    /** What is not proven up to its end: others in it would end it. */
    let pending: { found: Found; proven: number } | null = null
    let text: TextRun | null = null
    let textFrom = from
    for (;;) {
      this.#options.signal?.throwIfAborted()
      const strong = onlyStrong || pending !== null
      const ended = !(await this.#fill(at))
      const limit: number = pending === null ? Number.MAX_SAFE_INTEGER : pending.found.end
      const span = this.#scanTo(limit, ended)
      if (this.#text && !strong && text === null && textFrom < this.#base + span) {
        text = await this.#nextRun(Math.max(textFrom, at), floor, span)
        if (text === null) textFrom = this.#base + span
        else textFrom = text.end
      }
      const stop = Math.min(span, text === null ? span : text.end - this.#base)
      const hit = this.#nextHit(strong ? this.#strong : this.#all, at, stop)
      if (hit !== null) {
        const found = await this.#walkHits(hit.hits, floor)
        if (found !== null && !(pending !== null && found.whole === false)) {
          if (text !== null && found.start > text.start) {
            yield* this.#emitText({ ...text, end: Math.min(text.end, found.start), sureEnd: true })
          }
          // A run behind it, or partly in it, is found again from its end on.
          if (text !== null) textFrom = Math.min(textFrom, text.start)
          text = null
          if (pending !== null) yield* this.#emit(endBefore(pending.found, found.start), depth)
          pending = null
          const made = toFound(found)
          const proven = found.proven ?? found.end
          floor = proven
          at = Math.max(floor, at)
          textFrom = Math.max(floor, textFrom)
          if (proven < found.end) pending = { found: made, proven }
          else yield* this.#emit(made, depth)
        } else at = this.#base + hit.pair * 2 + 2
        continue
      }
      at = Math.max(at, this.#base + stop)
      if (text !== null && at >= text.end) {
        yield* this.#emitText(text)
        at = Math.max(at, text.end)
        floor = Math.max(floor, text.end)
        text = null
        continue
      }
      if (pending !== null && (at >= pending.found.end || ended)) {
        yield* this.#emit(pending.found, depth)
        at = Math.max(floor, pending.found.end)
        floor = at
        textFrom = Math.max(at, textFrom)
        pending = null
        continue
      }
      this.#options.onProgress?.(at)
      if (ended && at >= this.#base + this.#length) break
    }
  }

  /** Walks mostly look at what the scan has read already. */
  async #readNear(at: number, into: Uint8Array): Promise<number> {
    const from = at - this.#base
    if (from < 0 || from + into.length > this.#length) return await this.#source.read(at, into)
    into.set(this.#bytes.subarray(from, from + into.length))
    return into.length
  }

  /** Brings the bytes from `at` on into the chunk. @returns false where it holds all up to the source's end */
  async #fill(at: number): Promise<boolean> {
    const inside = this.#length >= 0 && at >= this.#base && at + 2 * LOOK_AHEAD <= this.#base + this.#length
    if (inside) return this.#length === CHUNK
    if (this.#length >= 0 && this.#length < CHUNK && at >= this.#base) return false
    // One byte before, which a signature may begin with whose second pair is the first here.
    const base = Math.max(0, at - 1)
    this.#length = await this.#source.read(base, this.#bytes)
    this.#base = base
    return this.#length === CHUNK
  }

  /** Up to where in the chunk signatures may begin: behind it there must be bytes to check them by. */
  #scanTo(limit: number, ended: boolean): number {
    const all = ended ? this.#length : this.#length - LOOK_AHEAD
    return Math.max(0, Math.min(all, limit - this.#base))
  }

  #nextHit(scan: SignatureScan, at: number, stop: number): { pair: number; hits: Hit[] } | null {
    const from = Math.max(0, (at - this.#base + 1) >> 1)
    // A last odd byte begins no signature of more than one.
    return scan.next(this.#bytes, this.#pairs, from, Math.min(stop + 1, this.#length) >> 1, this.#length)
  }

  async #nextRun(at: number, floor: number, span: number): Promise<TextRun | null> {
    let from = Math.max(0, at - this.#base)
    for (;;) {
      const met = nextText(this.#bytes, from, Math.min(this.#length, span + LOOK_AHEAD / 2))
      if (met < 0) return null
      const run = await this.#try(() => textRun(this.#window, this.#base + met, floor))
      if (run !== null) return run
      from = met + TEXT_STRIDE
    }
  }

  /** Walks what stands here; the first that is something is it. */
  async #walkHits(hits: readonly Hit[], floor: number): Promise<(Walked & { start: number }) | null> {
    const asked = this.#options.formats
    for (const { anchor, start } of hits) {
      const at = this.#base + start
      if (at < floor || this.#skipped.has(at)) continue
      const walked = await this.#walk(anchor, at, floor)
      if (walked !== null && (asked === undefined || asked.includes(walked.format)))
        return { ...walked, start: walked.start ?? at }
    }
    return null
  }

  async #walk(anchor: Anchor, at: number, floor: number): Promise<Walked | null> {
    return await this.#try(
      () => anchor.walk(this.#window, at, floor),
      (walked) => walked.whole !== false,
    )
  }

  /** Runs a walk as far as it may look; what led to nothing is counted, so that bytes made to mislead cost no more. */
  async #try<Result>(
    make: () => Walk<Result | null>,
    paid: (result: Result) => boolean = () => true,
  ): Promise<Result | null> {
    const size = this.#source.size ?? this.#base + this.#length
    const left = FREE_WORK + SHARE * (this.#base + CHUNK) - this.#wasted
    if (left <= 0) return null
    this.#window.work = 0
    // A walk that succeeds pays with the bytes that it walked, and may look at each some times; no failure takes all.
    this.#window.allowance = left / 4 + 4 * size
    let result: Result | null = null
    let exhausted = false
    try {
      result = await runWalk(this.#window, make())
    } catch (error) {
      if (!(error instanceof WalkExhausted)) throw error
      exhausted = true
    }
    if (exhausted || result === null || !paid(result)) this.#wasted += this.#window.work
    this.#window.allowance = Number.POSITIVE_INFINITY
    return result
  }

  async *#emitText(run: TextRun): AsyncGenerator<Found, void, void> {
    const pieces: Walked[] = []
    await this.#try(() => textPieces(this.#window, run, pieces))
    const asked = this.#options.formats
    for (const piece of pieces) {
      if (asked === undefined || asked.includes(piece.format)) yield toFound({ start: run.start, ...piece })
    }
  }

  async #skipOwnHeaders(): Promise<void> {
    if (await runWalk(this.#window, startsZip(this.#window)))
      this.#skipped = (await this.#try(() => zipHeaders(this.#window))) ?? new Set()
  }

  async *#emit(found: Found, depth: number): AsyncGenerator<Found, void, void> {
    yield found
    if (this.#options.nested !== true || depth >= DEEPEST_NESTING || !holders.has(found.format)) return
    const { onProgress: _, ...options } = this.#options
    const slice = sliceSource(this.#source, found.start, found.end)
    const inside = new Extraction(slice, options)
    if (found.type === 'archive' || found.type === 'document') await inside.#skipOwnHeaders()
    // Not from its first byte: that begins itself.
    for await (const inner of inside.run(1, true, depth + 1)) {
      const within = inner.within === undefined ? found.start : inner.within + found.start
      yield { ...inner, start: inner.start + found.start, end: inner.end + found.start, within }
    }
  }
}

const textFormats: ReadonlySet<Format> = new Set<Format>([
  ...(['vtt', 'srt', 'sbv', 'ttml', 'svg', 'json', 'xml', 'html', 'm3u8', 'text'] as const),
])

function* startsZip(window: ByteWindow): Walk<boolean> {
  return (yield* window.need(0, 4)) && window.matches(0, 'PK\x03\x04')
}

/** What may hold other files as they are. Samples of sound and pictures hold none. */
const holders: ReadonlySet<Format> = new Set<Format>([
  ...(['zip', 'pptx', 'docx', 'xlsx', 'odp', 'odt', 'ods', 'odf', 'epub', 'pdf', 'ppt', 'doc', 'xls', 'ole2'] as const),
  ...(['jpeg', 'mp4', 'm4a', 'mov', 'mp3', 'mkv', 'mka', 'webm', 'weba', 'flac'] as const),
])

export function toFound(walked: Walked & { start: number }): Found {
  const { type, contentType } = formats[walked.format]
  return {
    start: walked.start,
    end: walked.end,
    format: walked.format,
    type,
    contentType,
    whole: walked.whole !== false,
    ...(walked.durationMs === undefined ? {} : times(walked.startMs ?? 0, walked.durationMs)),
    facts: walked.facts ?? {},
    notes: walked.notes ?? [],
  }
}

/** Milliseconds with at most three decimals, as everything that people read has them. */
function times(startMs: number, durationMs: number): { startMs?: number; endMs?: number } {
  const endMs = startMs + durationMs
  if (!(startMs >= 0 && endMs >= startMs && endMs <= LONGEST_MS)) return {}
  return { startMs: Math.round(startMs * 1000) / 1000, endMs: Math.round(endMs * 1000) / 1000 }
}

function endBefore(found: Found, end: number): Found {
  const note: FoundNote = { severity: 'warning', code: 'cut', message: 'another resource begins within what it claims' }
  return { ...found, end, whole: false, notes: [...found.notes.filter(({ code }) => code !== 'cut'), note] }
}
