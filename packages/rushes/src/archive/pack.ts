// Writes what was planned: the main presentation, then the items, then the index.
import {
  type Anchor,
  type NewItem,
  type NewPresentation,
  type PreparedPresentation,
  preparePresentation,
  UmfWriter,
} from '@rushes/umf'
import { nodeSha256, type OpenedFile, openFile } from '@rushes/umf/node'
import { CommandError } from '../output.ts'
import { fileContent, wholeContent } from './file-content.ts'
import type { Candidate, PackPlan, PlannedItem } from './pack-plan.ts'
import type { Note } from './resources.ts'
import { counted, type WorkProgress } from './work-progress.ts'

/** Files below this are read whole, several at once, and share a box: opening each in its turn would take most of the time. */
const smallBytes = 256 * 1024
const groupBytes = 16 * 1024 * 1024
const groupFiles = 512

export type Packed = { anchor: Anchor; bytes: number; notes: Note[] }

/** @throws CommandError, UmfError */
export async function pack(
  id: string,
  plan: PackPlan,
  write: (bytes: Uint8Array) => Promise<void>,
  progress: WorkProgress,
): Promise<Packed> {
  const notes: Note[] = []
  await using chosen = await choosePresentation(id, plan, notes, progress)
  const items = plan.items.filter((planned) => !('file' in planned) || planned.file.path !== chosen.path)
  for (const planned of items) if ('file' in planned) progress.expect(planned.file.size)
  const { metadata, members } = plan
  const writer = new UmfWriter({ write, sha256: nodeSha256, id, metadata, members })
  if (chosen.media !== null) {
    const { structure, samples, length } = chosen.media
    progress.expect(length)
    await writer.media({ ...chosen.fields! }, structure, counted(samples, progress))
  }
  for (const { type, content } of plan.boxes) await writer.extension(type, content)
  for (const group of groupsOf(items))
    await writer.add(...(await Promise.all(group.map((each) => newItem(each, progress)))))
  const bytes = await writer.finish()
  return { anchor: writer.anchor, bytes, notes }
}

type Chosen = AsyncDisposable & {
  media: PreparedPresentation | null
  fields: NewPresentation | null
  /** Of the file that is no item then. */
  path: string | null
}

/** The first candidate that can be played as MP4; what the others lack is noted. */
async function choosePresentation(id: string, plan: PackPlan, notes: Note[], progress: WorkProgress): Promise<Chosen> {
  const taken = new Set(plan.items.map(({ item }) => item.name))
  for (const candidate of plan.candidates) {
    const { file } = candidate
    const source = await openFile(file.path)
    const chosen = await prepared(candidate, source, id, progress).catch(async (fault: unknown) => {
      await source.close()
      throw fault
    })
    if (chosen.state === 'refused') {
      await source.close()
      if (candidate.isMust)
        throw new CommandError('no-presentation', `${file.path} can't be the main presentation: ${chosen.reason}`)
      const message = `it is an item, and not the main presentation: ${chosen.reason}`
      notes.push({ severity: 'info', code: 'no-presentation', message, resource: file.name })
      continue
    }
    taken.delete(file.name)
    const fields = presentationFields(candidate, chosen, taken)
    notes.push(...presentationNotes(candidate, chosen, plan, fields.name))
    return { media: chosen, fields, path: file.path, [Symbol.asyncDispose]: () => source.close() }
  }
  return { media: null, fields: null, path: null, async [Symbol.asyncDispose]() {} }
}

async function prepared({ file }: Candidate, source: OpenedFile, id: string, progress: WorkProgress) {
  progress.expect(file.size)
  let read = 0
  return await preparePresentation(source, id, {
    sha256: nodeSha256,
    onProgress(done) {
      progress.add(done - read)
      read = done
    },
  })
}

function presentationFields(
  { file, fields }: Candidate,
  { fields: made, isTaken }: PreparedPresentation,
  taken: ReadonlySet<string>,
): NewPresentation {
  // Of a presentation that is as it was, all that was said of it holds; of another one, not what is read from it.
  if (fields !== null) return { name: file.name, ...made, ...fields, ...(!isTaken && made) } as NewPresentation
  const ending = made.type === 'audio' ? 'm4a' : 'mp4'
  const stem = file.name.replace(/\.[^./]*$/, '')
  let name = `${stem}.${ending}`
  for (let count = 2; taken.has(name); count++) name = `${stem} (${count}).${ending}`
  return { name, ...made }
}

function presentationNotes(
  { isMust }: Candidate,
  { damage }: PreparedPresentation,
  { candidates }: PackPlan,
  resource: string,
): Note[] {
  const notes: Note[] = []
  if (damage !== null)
    notes.push({ severity: 'warning', code: 'damaged', message: `used up to where it is whole: ${damage}`, resource })
  if (!isMust && candidates.length > 1) {
    const message = `the main presentation of ${candidates.length} files that could be it; --video names another`
    notes.push({ severity: 'info', code: 'presentation-chosen', message, resource })
  }
  return notes
}

/** In their order: each large file alone, what is small together. */
function* groupsOf(items: readonly PlannedItem[]): Generator<PlannedItem[]> {
  let group: PlannedItem[] = []
  let bytes = 0
  for (const planned of items) {
    const size = sizeOf(planned)
    const isFull = group.length === groupFiles || bytes + size > groupBytes
    if (group.length > 0 && (isFull || size > smallBytes)) {
      yield group
      group = []
      bytes = 0
    }
    if (size > smallBytes) yield [planned]
    else {
      group.push(planned)
      bytes += size
    }
  }
  if (group.length > 0) yield group
}

function sizeOf(planned: PlannedItem): number {
  if ('file' in planned) return planned.file.size
  return 'bytes' in planned ? planned.bytes.length : 0
}

async function newItem(planned: PlannedItem, progress: WorkProgress): Promise<NewItem> {
  const { item } = planned
  if ('pointer' in planned) {
    const { pointer, length, digest } = planned
    return { item, pointer, ...(length !== undefined && { length }), ...(digest !== undefined && { digest }) }
  }
  if ('bytes' in planned) return planned.inline ? { item, inline: planned.bytes } : { item, content: planned.bytes }
  const { file, inline } = planned
  if (inline) return { item, inline: await wholeContent(file, progress) }
  if (file.size <= smallBytes) return { item, content: await wholeContent(file, progress) }
  return { item, content: fileContent(file, progress), length: file.size }
}
