// Where a second recording of the event lies, by what is heard in both.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Note, Processor } from '@rushes/pipeline'
import { alignSounds, ConversionError, decodeSound } from '@rushes/processors'
import { alignedKind, lookedKind, unplacedKind } from '../job-kinds.ts'
import { freshFile, mediaJob, quiet } from '../media/media-job.ts'
import { taskProcessor } from '../task-answer.ts'
import type { Workshop } from '../workshop.ts'

/** Of the event's own recordings. */
const mostCandidates = 4
/** Of a recorder and of a codec: what is less is no other start. */
const sameMs = 20

export function alignTask({ folder }: Workshop): Processor {
  return taskProcessor('align-sound', async (input) => {
    const { file } = unplacedKind.one(input.takes)
    const looked = lookedKind.all(input.takes).sort((left, right) => left.index - right.index)
    const heard = looked.filter(({ facts }) => facts.sound !== null)
    if (heard.length === 0) return { severity: 'info', gave: [] }
    // Where there are several, it is more likely heard in a long one; one of a meeting that was recorded in parts is heard in some.
    const candidates = heard
      .toSorted((left, right) => right.facts.durationMs - left.facts.durationMs)
      .slice(0, mostCandidates)
    const place = join(folder, 'made', input.task)
    await mkdir(place, { recursive: true })
    const samples = [join(place, 'first.pcm'), join(place, 'second.pcm')] as const
    const job = quiet(mediaJob(input))
    const resource = file.name
    try {
      const decode = async (path: string, to: string) => await decodeSound(path, await freshFile(to), job)
      await using second = await decode(file.path, samples[1])
      for (const [index, { track, facts }] of candidates.entries()) {
        input.onProgress((index + 0.5) / (candidates.length + 0.5))
        await using first = await decode(facts.path, samples[0])
        const found = await alignSounds(first, second, () => input.signal.throwIfAborted())
        if (found === null) continue
        const { offsetMs, driftPpm, agreement, windows, spreadMs } = found
        const durationMs = (second.length * 1000) / second.sampleRate
        const isSame = Math.abs(offsetMs) < sameMs && Math.abs(driftPpm) * durationMs < sameMs * 1e6
        const aligned = {
          ...{ file: resource, to: track.file, durationMs, agreement, spreadMs },
          startMs: track.startMs + (isSame ? 0 : offsetMs),
          driftPpm: isSame ? 0 : driftPpm,
        }
        const gave = [alignedKind.make(`aligned:${resource}`.slice(0, 1000), aligned)]
        return { severity: 'info', gave, notes: isSame ? [] : [alignedNote(aligned, offsetMs, windows)] }
      }
      const others = candidates.map(({ track }) => track.file).join(', ')
      const message = `what is heard in it is not heard in ${others}: it is kept at the beginning`.slice(0, 1000)
      return { severity: 'info', gave: [], notes: [{ severity: 'info', code: 'not-aligned', message, resource }] }
    } catch (error) {
      // A video without sound has nothing to be aligned by, and that is no fault of it.
      if (error instanceof ConversionError && error.message === 'there is no sound in it')
        return { severity: 'info', gave: [] }
      throw error
    } finally {
      for (const path of samples) await rm(path, { force: true })
    }
  })
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
