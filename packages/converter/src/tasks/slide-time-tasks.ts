// When slides were shown of which nothing says it: when they are seen in the video, else when they are spoken about.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answer, Processor, TaskInput } from '@rushes/pipeline'
import {
  type GrayPicture,
  grayPicture,
  type SpokenLine,
  seenSlides,
  spokenSlides,
  watchVideo,
} from '@rushes/processors'
import type { TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import { spokenCues } from '../families/cues.ts'
import { readDiscovered } from '../findings/discovered-file.ts'
import { type FoundFile, readText } from '../input/found-file.ts'
import { discoveredKind, fileKind, lookedKind, pagesKind, seenSlidesKind, slideWatchKind } from '../job-kinds.ts'
import { mediaJob, quiet, syncFile } from '../media/media-job.ts'
import { taskProcessor } from '../task-answer.ts'
import type { Workshop } from '../workshop.ts'
import { type DeckPages, readDeckPages } from './page-tasks.ts'

/** Pages of all decks that are looked for in one video. */
const mostPages = 1000
const captions: ReadonlySet<string> = new Set(['text/vtt', 'application/x-subrip'])
const mostText = 32 * 1024 * 1024
/** The same words in other languages. */
const mostTranscripts = 8

/** The next one may find them. */
const notSeen: Answer = { severity: 'warning', gave: null, notes: [] }

export function slideTimeTasks({ folder }: Workshop): Processor[] {
  const told = async (events: readonly TimelineEvent[]) => {
    const path = join(folder, 'slide-times.json')
    await writeFile(path, JSON.stringify(events))
    await syncFile(path)
    return [seenSlidesKind.make('seen-slides', { path })]
  }
  const watch = taskProcessor('watch-slides', async (input) => {
    // What was discovered tells of slides by their numbers.
    if (await areDiscovered(input)) return { severity: 'info', gave: [] }
    const { track: index } = slideWatchKind.one(input.takes)
    const looked = lookedKind.all(input.takes).find((each) => each.index === index)
    if (looked === undefined || looked.facts.picture === null) return notSeen
    const job = quiet(mediaJob(input))
    const pictures = new Map(fileKind.all(input.takes).map(({ name, path }) => [name, path]))
    const names: { deck: string; index: number }[] = []
    const pages: GrayPicture[] = []
    for (const { deck, pages: own } of await decksOf(input)) {
      for (const [at, { path, file, isSmall }] of own.entries()) {
        const picture = path ?? (file === null ? undefined : pictures.get(file))
        if (picture === undefined || isSmall === true || pages.length === mostPages) continue
        pages.push(await grayPicture(picture, job))
        names.push({ deck, index: at })
      }
    }
    if (pages.length === 0) return notSeen
    const { stretches, aspect } = await watchVideo(looked.facts.path, { ...job, onProgress: input.onProgress })
    const seen = seenSlides(stretches, pages, aspect)
    if (seen.length === 0) return notSeen
    const events = seen.map(({ t, page, confidence }): TimelineEvent => {
      return { t: looked.track.startMs + t, kind: 'slide', data: { ...names[page]!, confidence, by: 'video' } }
    })
    const confidences = seen.map(({ confidence }) => confidence)
    const different = new Set(seen.map(({ page }) => page)).size
    const message = `${different} of ${pages.length} pages of the slides are seen in it, to a quarter of a second: their times are taken from there (confidence ${Math.min(...confidences)} to ${Math.max(...confidences)})`
    const notes = [{ severity: 'info' as const, code: 'slides-seen', message, resource: looked.track.file }]
    return { severity: 'info', gave: await told(events), notes }
  })
  const listen = taskProcessor('hear-slides', async (input) => {
    const decks = await decksOf(input)
    const files = fileKind.all(input.takes).filter(({ kind, size }) => captions.has(kind) && size <= mostText)
    for (const file of files.sort(byName).slice(0, mostTranscripts)) {
      const lines = await linesOf(file)
      input.signal.throwIfAborted()
      const found = decks.flatMap(({ deck, pages }) => {
        const spoken = spokenSlides(
          lines,
          pages.map(({ text }) => text),
        )
        return spoken.map(({ t, page, words }): TimelineEvent => {
          return { t, kind: 'slide', data: { deck, index: page, words, by: 'speech' } }
        })
      })
      if (found.length === 0) continue
      const count = decks.reduce((sum, { pages }) => sum + pages.length, 0)
      const message = `${found.length} of ${count} pages of the slides are spoken about in it: their times are taken from there, to some seconds`
      const notes = [{ severity: 'info' as const, code: 'slides-heard', message, resource: file.name }]
      return { severity: 'info', gave: await told(found.sort((left, right) => left.t - right.t)), notes }
    }
    const [deck] = decks
    if (deck === undefined) return { severity: 'info', gave: [] }
    const message = 'its pages are seen in no video, and not spoken about in order: they have no times'
    const resource = deck.document === null ? {} : { resource: deck.document }
    return { severity: 'info', gave: [], notes: [{ severity: 'info', code: 'slides-not-seen', message, ...resource }] }
  })
  return [watch, listen]
}

const byName = (left: FoundFile, right: FoundFile): number => (left.name < right.name ? -1 : 1)

async function areDiscovered({ takes }: TaskInput): Promise<boolean> {
  const found = await Promise.all(discoveredKind.all(takes).map(async ({ path }) => await readDiscovered(path)))
  return found.some(({ events }) => events.some(({ kind }) => kind === 'slide'))
}

async function decksOf({ takes }: TaskInput): Promise<DeckPages[]> {
  const decks = await Promise.all(pagesKind.all(takes).map(async ({ path }) => await readDeckPages(path)))
  return decks.sort((left, right) => (left.deck < right.deck ? -1 : 1))
}

async function linesOf(file: FoundFile): Promise<SpokenLine[]> {
  return spokenCues(await readText(file, mostText)).map(({ startMs, text }) => ({ startMs, text }))
}

const eventsSchema: z.ZodType<TimelineEvent[]> = z.array(
  z.strictObject({ t: z.number(), kind: z.string(), resource: z.string().optional(), data: z.unknown() }),
) as z.ZodType<TimelineEvent[]>

export async function readSlideTimes(path: string): Promise<TimelineEvent[]> {
  return eventsSchema.parse(JSON.parse(await readFile(path, 'utf8')))
}
