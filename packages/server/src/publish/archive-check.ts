import type { View } from '@rushes/media'
import type { TimelineEvent } from '@rushes/protocol'
import {
  anonymous,
  checkArchive,
  extensionBoxes,
  mayRead,
  openArchive,
  presentationExtensions,
  UmfError,
} from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import type { StoredBox } from '../catalog/schema.ts'
import type { RestoredArchive } from '../catalog/uploaded-archives.ts'
import { restoredTitle } from './archive-plan.ts'
import { digestName, hashRanges } from './range-digest.ts'
import { takenEvents } from './taken-events.ts'

/** More than any program writes. */
const mostBoxes = 10_000

/** What an uploaded archive gives; its events are on the clock of the main presentation. */
export type ExaminedArchive =
  | { state: 'plain'; note: string }
  | ({ state: 'restored'; archiveId: string } & Omit<RestoredArchive, 'note'>)

/**
 * Reads an archive through, every byte of it once.
 *
 * @throws the signal's reason; the system's errors
 */
export async function examineArchive(path: string, mp4: View, signal: AbortSignal): Promise<ExaminedArchive> {
  await using source = await openFile(path)
  try {
    const archive = await openArchive(source, { sha256: nodeSha256 })
    const { presentation } = archive
    if (presentation !== null && mp4.state !== 'ready')
      return plain(`its main presentation can't be shown: ${mp4.reason}`)
    if (presentation === null && mp4.state === 'ready')
      return plain('it has a picture or sound that it does not speak of')
    const checking = { sha256: nodeSha256, onProgress: () => signal.throwIfAborted() }
    const { problems } = await checkArchive(source, checking)
    const [first] = problems
    if (first !== undefined) {
      const others = problems.length > 1 ? `, and ${problems.length - 1} more` : ''
      return plain(`${first.message} (${first.code} at byte ${first.offset}${others})`)
    }
    const boxes: StoredBox[] = []
    // The body's samples are laid out anew, without what lies between them.
    for (const extensions of [presentationExtensions, extensionBoxes]) {
      for await (const { offset, size } of extensions(source, archive.state)) {
        if (boxes.length === mostBoxes) return plain(`it has more than ${mostBoxes} extension boxes`)
        signal.throwIfAborted()
        boxes.push([offset, size, digestName(await hashRanges(path, [{ offset, length: size }]))])
      }
    }
    const { taken } = await takenEvents(archive)
    return {
      state: 'restored',
      archiveId: archive.id,
      title: restoredTitle(archive.metadata),
      generation: archive.generation,
      boxes,
      events: taken satisfies TimelineEvent[],
      isRestricted: presentation !== null && !mayRead(anonymous, presentation),
    }
  } catch (error) {
    if (error instanceof UmfError && error.code !== 'source') return plain(error.message)
    throw error
  }
}

/**
 * Whether a body is an archive of items alone: nothing of it plays by itself, and still it is something to keep. What its index
 * says is read, its items are not.
 */
export async function holdsItemsAlone(path: string): Promise<boolean> {
  await using source = await openFile(path)
  try {
    const archive = await openArchive(source, { sha256: nodeSha256 })
    return archive.presentation === null && archive.items().length > 0
  } catch (error) {
    if (error instanceof UmfError && error.code !== 'source') return false
    throw error
  }
}

function plain(reason: string): ExaminedArchive {
  return { state: 'plain', note: `This archive was not restored: ${reason}` }
}
