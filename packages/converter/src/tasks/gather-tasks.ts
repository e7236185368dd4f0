import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Processor } from '@rushes/pipeline'
import { ConvertError } from '../convert-error.ts'
import { MOST_FILES } from '../input/found-file.ts'
import { foundInput } from '../input/input-folder.ts'
import { unzip } from '../input/unzip.ts'
import { fileKind, identityKind, inputKind } from '../job-kinds.ts'
import { taskProcessor } from '../task-answer.ts'
import type { Workshop } from '../workshop.ts'

/** Zips within zips; of what lies deeper, nothing is taken apart. */
const mostNested = 4

export function gatherTasks({ folder, drawId, now }: Workshop): Processor[] {
  const listInput = taskProcessor(
    'list-input',
    async ({ takes }) => {
      const { path, prefix } = inputKind.one(takes)
      const { files, notes } = await foundInput(path)
      // A zip that is the input itself is nothing but a folder; so its entries are named as if they lay there.
      const gave = files.map((file) =>
        fileKind.make({ ...file, name: `${prefix}${file.name}`, ...topOf(files.length, file.kind, prefix) }),
      )
      if (gave.length === 0) throw new ConvertError('nothing-found', `${path} has no files in it`)
      return { severity: 'info', gave, notes }
    },
    { isFinal: true },
  )
  const unzipper = taskProcessor('unzip', async ({ task, takes, signal, onProgress }) => {
    const [zip] = fileKind.all(takes)
    const { depth = 0, within } = zip!
    if (depth >= mostNested)
      throw new ConvertError('too-large', `${zip!.name} lies in ${depth} archives: it is kept as it is`)
    const place = join(folder, 'unpacked', task)
    await mkdir(place, { recursive: true })
    const prefix = within ?? `${zip!.name}/`
    const { files, notes } = await unzip(zip!, { folder: place, prefix, signal, onProgress })
    if (files.length > MOST_FILES) throw new ConvertError('too-large', `${zip!.name} has over ${MOST_FILES} files`)
    const gave = files.map((file) => fileKind.make({ ...file, depth: depth + 1, container: zip!.name }))
    return { severity: 'info', gave, notes }
  })
  const draw = taskProcessor('draw-identity', async () => {
    const gave = [identityKind.make('identity', { id: await drawId(), createdAt: now() })]
    return { severity: 'info', gave }
  })
  return [listInput, unzipper, draw]
}

function topOf(files: number, kind: string, prefix: string): { within?: string } {
  return files === 1 && kind === 'application/zip' ? { within: prefix } : {}
}
