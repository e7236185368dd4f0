// What one resource tells of another: where a second recording of the event lies by what is heard in both, and when the pages of a
// deck are seen in a video.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Note, Processor } from '@rushes/pipeline'
import {
  alignSounds,
  ConversionError,
  decodeSound,
  type GrayPicture,
  grayPicture,
  seenSlides,
  watchVideo,
} from '@rushes/processors'
import type { TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import { alignedKind, lookedKind, pagesKind, seenSlidesKind, slideWatchKind, unplacedKind } from '../job-kinds.ts'
import { freshFile, mediaJob, quiet, syncFile } from '../media/media-job.ts'
import { taskProcessor } from '../task-answer.ts'
import type { Workshop } from '../workshop.ts'
import { readDeckPages } from './page-tasks.ts'

/** Pages of all decks that are looked for in one video. */
const mostPages = 1000
/** Of a recorder and of a codec: what is less is no other start. */
const sameMs = 20

export function correlationTasks({ folder }: Workshop): Processor[] {
  const align = taskProcessor('align-sound', async (input) => {
    const { file } = unplacedKind.one(input.takes)
    const looked = lookedKind.all(input.takes).sort((left, right) => left.index - right.index)
    const main = looked.find(({ facts }) => facts.sound !== null)
    if (main === undefined) return { severity: 'info', gave: [] }
    const place = join(folder, 'made', input.task)
    await mkdir(place, { recursive: true })
    const samples = [join(place, 'first.pcm'), join(place, 'second.pcm')] as const
    const job = quiet(mediaJob(input))
    try {
      const decode = async (path: string, to: string) => await decodeSound(path, await freshFile(to), job)
      await using first = await decode(main.facts.path, samples[0])
      input.onProgress(0.3)
      await using second = await decode(file.path, samples[1])
      input.onProgress(0.6)
      const found = await alignSounds(first, second, () => input.signal.throwIfAborted())
      const resource = file.name
      if (found === null) {
        const message = `what is heard in it is not heard in ${main.track.file}: it is kept at the beginning`
        return { severity: 'info', gave: [], notes: [{ severity: 'info', code: 'not-aligned', message, resource }] }
      }
      const { offsetMs, driftPpm, agreement, windows, spreadMs } = found
      const durationMs = (second.length * 1000) / second.sampleRate
      const isSame = Math.abs(offsetMs) < sameMs && Math.abs(driftPpm) * durationMs < sameMs * 1e6
      const startMs = main.track.startMs + (isSame ? 0 : offsetMs)
      const aligned = {
        file: resource,
        to: main.track.file,
        startMs,
        durationMs,
        driftPpm: isSame ? 0 : driftPpm,
        agreement,
        spreadMs,
      }
      const gave = [alignedKind.make(`aligned:${resource}`.slice(0, 1000), aligned)]
      return { severity: 'info', gave, notes: isSame ? [] : [alignedNote(aligned, offsetMs, windows)] }
    } catch (error) {
      // A video without sound has nothing to be aligned by, and that is no fault of it.
      if (error instanceof ConversionError && error.message === 'there is no sound in it')
        return { severity: 'info', gave: [] }
      throw error
    } finally {
      for (const path of samples) await rm(path, { force: true })
    }
  })
  const watch = taskProcessor('watch-slides', async (input) => {
    const { track: index } = slideWatchKind.one(input.takes)
    const looked = lookedKind.all(input.takes).find((each) => each.index === index)
    if (looked === undefined || looked.facts.picture === null) return { severity: 'info', gave: [] }
    const job = quiet(mediaJob(input))
    const names: { deck: string; index: number }[] = []
    const pages: GrayPicture[] = []
    const decks = await Promise.all(pagesKind.all(input.takes).map(async ({ path }) => await readDeckPages(path)))
    for (const { deck, pages: own } of decks.sort((left, right) => (left.deck < right.deck ? -1 : 1))) {
      for (const [at, { path, isSmall }] of own.entries()) {
        if (path === null || isSmall === true || pages.length === mostPages) continue
        pages.push(await grayPicture(path, job))
        names.push({ deck, index: at })
      }
    }
    if (pages.length === 0) return { severity: 'info', gave: [] }
    const { stretches, aspect } = await watchVideo(looked.facts.path, { ...job, onProgress: input.onProgress })
    const seen = seenSlides(stretches, pages, aspect)
    if (seen.length === 0) {
      const message = `no page of the slides is seen in it: they have no times`
      return {
        severity: 'info',
        gave: [],
        notes: [{ severity: 'info', code: 'slides-not-seen', message, resource: looked.track.file }],
      }
    }
    const events = seen.map(({ t, page, confidence }): TimelineEvent => {
      const data = { ...names[page]!, confidence, by: 'video' }
      return { t: looked.track.startMs + t, kind: 'slide', data }
    })
    const path = join(folder, `seen-slides-${index}.json`)
    await writeFile(path, JSON.stringify(events))
    await syncFile(path)
    const gave = [seenSlidesKind.make(`seen-slides:${index}`, { path })]
    const confidences = seen.map(({ confidence }) => confidence)
    const different = new Set(seen.map(({ page }) => page)).size
    const message = `${different} of ${pages.length} pages of the slides are seen in it, to a quarter of a second: their times are taken from there (confidence ${Math.min(...confidences)} to ${Math.max(...confidences)})`
    return {
      severity: 'info',
      gave,
      notes: [{ severity: 'info', code: 'slides-seen', message, resource: looked.track.file }],
    }
  })
  return [align, watch]
}

type Aligned = ReturnType<typeof alignedKind.one>

function alignedNote({ file, to, driftPpm, agreement, spreadMs }: Aligned, offsetMs: number, windows: number): Note {
  const side = offsetMs < 0 ? 'before' : 'after'
  const drift =
    Math.abs(driftPpm) < 1 ? '' : `, and its clock runs ${Math.abs(driftPpm)} ppm ${driftPpm > 0 ? 'slow' : 'fast'}`
  const sure = `${Math.round(agreement * windows)} of ${windows} places agree, within ${spreadMs} ms`
  const message = `it begins ${Math.abs(Math.round(offsetMs))} ms ${side} ${to}${drift}: told by what is heard in both (${sure}); what it is itself is kept`
  return { severity: 'info', code: 'aligned-by-sound', message, resource: file }
}

const eventsSchema: z.ZodType<TimelineEvent[]> = z.array(
  z.strictObject({ t: z.number(), kind: z.string(), resource: z.string().optional(), data: z.unknown() }),
) as z.ZodType<TimelineEvent[]>

export async function readSeenSlides(path: string): Promise<TimelineEvent[]> {
  return eventsSchema.parse(JSON.parse(await readFile(path, 'utf8')))
}
