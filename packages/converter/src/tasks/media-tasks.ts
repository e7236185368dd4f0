import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Note, Processor, Resource, TaskInput } from '@rushes/pipeline'
import { preparePresentation } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import { z } from 'zod'
import {
  cutKind,
  lookedKind,
  montageKind,
  presentationKind,
  readingKind,
  segmentKind,
  soundKind,
  soundPlanKind,
  trackKind,
  wishesKind,
} from '../job-kinds.ts'
import { encodeCut } from '../media/encode-cut.ts'
import { encodeSound } from '../media/encode-sound.ts'
import { joinPresentation } from '../media/join-presentation.ts'
import { mediaJob, syncFile } from '../media/media-job.ts'
import { type LookedTrack, type Montage, montage } from '../media/montage.ts'
import { type TrackFacts, trackFacts, trackFactsSchema } from '../media/track-facts.ts'
import { readReading } from '../reading-file.ts'
import { taskProcessor } from '../task-answer.ts'
import { heardTime, timeNotes } from '../timeline/kept-reading.ts'
import { isWanted, type Wishes } from '../wishes.ts'
import type { Workshop } from '../workshop.ts'

const piece = { fromMs: z.number(), toMs: z.number(), atMs: z.number() }

/** A montage and the tracks that it is of, in a file: each part of it is a task. */
const planSchema: z.ZodType<{ montage: Montage; tracks: TrackFacts[] }> = z.strictObject({
  tracks: z.array(trackFactsSchema),
  montage: z.strictObject({
    durationMs: z.number(),
    canvas: z.strictObject({ width: z.number(), height: z.number(), ratePerSecond: z.number() }).nullable(),
    cuts: z.array(
      z.strictObject({
        ...{ fromFrame: z.number(), toFrame: z.number() },
        sources: z.array(z.strictObject({ track: z.number(), fromMs: z.number() })),
      }),
    ),
    sound: z.array(z.strictObject({ ...piece, track: z.number(), speed: z.number() })),
  }),
})

const readPlan = async (path: string) => planSchema.parse(JSON.parse(await readFile(path, 'utf8')))

export function mediaTasks({ folder }: Workshop): Processor[] {
  const made = async (name: string): Promise<string> => {
    await mkdir(join(folder, 'made'), { recursive: true })
    return join(folder, 'made', name)
  }
  const lookThrough = taskProcessor('look-through', async (input) => {
    const { index, track, file } = trackKind.one(input.takes)
    const facts = await trackFacts(file.path, await made(input.task), mediaJob(input))
    const notes: Note[] = []
    if (facts.mended !== null) {
      notes.push({ severity: 'warning', code: 'clock-mended', message: facts.mended, resource: track.file })
    }
    if (facts.lacks !== undefined) {
      const message = `${facts.lacks} is of a kind that can't be read here: what can is played, the file is kept as it is`
      notes.push({ severity: 'warning', code: 'partly-read', message, resource: track.file })
    }
    const gave = [lookedKind.make(`looked-${input.takes[0]!.name}`.slice(0, 1000), { index, track, facts }, file.size)]
    return { severity: 'info', gave, notes }
  })
  const arrange = taskProcessor('montage', async ({ takes }) => {
    const reading = await readReading(readingKind.one(takes).path)
    const all = lookedKind.all(takes).sort((left, right) => left.index - right.index)
    const looked = all.map((each) => wantedOf(each, wishesKind.one(takes)))
    const plan = montage(looked, heardTime(reading, looked))
    const notes = timeNotes(reading, looked)
    const isAll = looked.every(({ facts }, index) => facts === all[index]!.facts)
    const asItIs = isAll ? await presentableAsItIs(looked, plan) : null
    if (asItIs !== null) return { severity: 'info', gave: [presentationKind.make('presentation', asItIs)], notes }
    if (plan.canvas === null && plan.sound.length === 0) return { severity: 'info', gave: [], notes }
    const path = await made('montage.json')
    await writeFile(path, JSON.stringify({ montage: plan, tracks: looked.map(({ facts }) => facts) }))
    await syncFile(path)
    const gave: Resource[] = [montageKind.make('montage', { path })]
    for (const [index, { fromFrame, toFrame }] of plan.cuts.entries()) {
      const seconds = (toFrame - fromFrame) / plan.canvas!.ratePerSecond
      gave.push(cutKind.make(`cut:${index}`, { montage: path, index }, seconds * 1e6))
    }
    if (plan.sound.length > 0) gave.push(soundPlanKind.make('sound-plan', { montage: path }, plan.durationMs * 1000))
    return { severity: 'info', gave, notes }
  })
  const encode = async (input: TaskInput, isBlack: boolean): Promise<Resource> => {
    const { montage: plan, index } = cutKind.one(input.takes)
    const { montage: whole, tracks } = await readPlan(plan)
    const path = await made(`cut-${index}.mp4`)
    const cut = whole.cuts[index]!
    await encodeCut(isBlack ? { ...cut, sources: [] } : cut, tracks, whole.canvas!, path, mediaJob(input))
    return segmentKind.make(`segment:${index}`, { path, index })
  }
  const encodeCuts = taskProcessor('encode-cut', async (input) => ({
    severity: 'info',
    gave: [await encode(input, false)],
  }))
  const blackCuts = taskProcessor('black-cut', async (input) => {
    const { montage: plan, index } = cutKind.one(input.takes)
    const { montage: whole } = await readPlan(plan)
    const { fromFrame, toFrame } = whole.cuts[index]!
    const at = (frame: number) => `${Math.round((frame * 1000) / whole.canvas!.ratePerSecond)} ms`
    const message = `from ${at(fromFrame)} to ${at(toFrame)} nothing can be made of the picture: it is black there`
    const gave = [await encode(input, true)]
    return { severity: 'warning', gave, notes: [{ severity: 'warning', code: 'picture-missing', message }] }
  })
  const encodeSounds = taskProcessor('encode-sound', async (input) => {
    const { montage: whole, tracks } = await readPlan(soundPlanKind.one(input.takes).montage)
    const path = await made('sound.m4a')
    await encodeSound(whole.sound, whole.durationMs, tracks, path, mediaJob(input))
    return { severity: 'info', gave: [soundKind.make('sound', { path })] }
  })
  const joinParts = taskProcessor('join-presentation', async (input) => {
    const { montage: whole } = await readPlan(montageKind.one(input.takes).path)
    const parts = segmentKind.all(input.takes).sort((left, right) => left.index - right.index)
    const [sound = null] = soundKind.all(input.takes)
    const path = await made('presentation.mp4')
    // A picture with a part missing would be out of step behind it.
    const isWhole = parts.length === whole.cuts.length
    await joinPresentation(isWhole ? parts.map((part) => part.path) : [], sound?.path ?? null, path, mediaJob(input))
    return { severity: 'info', gave: [presentationKind.make('presentation', { path, startMs: 0, file: null })] }
  })
  return [lookThrough, arrange, encodeCuts, blackCuts, encodeSounds, joinParts]
}

/** Sound of a video of which the picture is not wanted, or the other way round. */
function wantedOf<Looked extends LookedTrack>(looked: Looked, wishes: Wishes): Looked {
  const { facts } = looked
  const isSeen = facts.picture === null || isWanted(wishes, 'video')
  const isHeard = facts.sound === null || isWanted(wishes, 'audio') || wishes.only?.includes('video') === true
  if (isSeen && isHeard) return looked
  return { ...looked, facts: { ...facts, ...(!isSeen && { picture: null }), ...(!isHeard && { sound: null }) } }
}

/** Of a medium over what is kept, or under: its last frames. */
const mostExcessMs = 1000

/** One medium that is all there is to be seen and heard, and of which nothing is cut out, stays what it is if players take it. */
async function presentableAsItIs(
  looked: readonly (LookedTrack & { track: { file: string } })[],
  { durationMs, sound, cuts }: Montage,
): Promise<{ path: string; startMs: number; file: string | null } | null> {
  const [only, ...others] = looked
  if (only === undefined || others.length > 0) return null
  const { track, facts } = only
  if (facts.mended !== null || sound.length > 1 || sound.some(({ speed, fromMs }) => speed !== 1 || fromMs > 0))
    return null
  const startMs = Math.max(0, track.startMs)
  const shown = cuts.flatMap(({ sources }) => sources)
  const isSeenThrough = facts.picture === null || (shown.length === 1 && shown[0]!.fromMs === 0 && startMs === 0)
  const excessMs = startMs + facts.durationMs - durationMs
  // What is missing of a picture would be black, and of a sound it is silence, which needs no encoding.
  const isCut = excessMs > mostExcessMs || (facts.picture !== null && excessMs < -mostExcessMs)
  if (!isSeenThrough || isCut) return null
  await using source = await openFile(facts.path)
  const prepared = await preparePresentation(source, '00000000-0000-7000-8000-000000000000', { sha256: nodeSha256 })
  if (prepared.state !== 'ready' || prepared.damage !== null) return null
  return { path: facts.path, startMs, file: facts.isCopy ? null : track.file }
}
