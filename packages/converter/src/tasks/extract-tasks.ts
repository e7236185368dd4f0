import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Processor } from '@rushes/pipeline'
import { writeBlobIndex } from '../blob/blob-index.ts'
import { cutOut } from '../blob/cut-out.ts'
import { ConvertError } from '../convert-error.ts'
import { MOST_NESTED } from '../input/found-file.ts'
import { blobIndexKind, fileKind } from '../job-kinds.ts'
import { taskProcessor } from '../task-answer.ts'
import type { Workshop } from '../workshop.ts'

/** Takes out of a file that nobody knows what is known in it. */
export function extractor({ folder, room }: Workshop): Processor {
  return taskProcessor('extractor', async ({ task, takes, signal, onProgress }) => {
    const [blob] = fileKind.all(takes)
    const { name, depth = 0 } = blob!
    if (depth >= MOST_NESTED) throw new ConvertError('too-large', `${name} lies in ${depth} files: it is kept as it is`)
    const place = join(folder, 'cut', task)
    await mkdir(place, { recursive: true })
    const options = { folder: place, mostFiles: room().files, signal, onProgress }
    const { files, index, notes } = await cutOut(blob!, options)
    const path = join(folder, `index-${task}.json`)
    await writeBlobIndex(index, path)
    const gave = [...files.map(fileKind.make), blobIndexKind.make(`blob-index:${task}`, { path })]
    return notes.length > 0 ? { severity: 'warning', gave, notes } : { severity: 'info', gave }
  })
}
