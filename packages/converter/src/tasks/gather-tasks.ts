import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Processor } from '@rushes/pipeline'
import { withPartsTold } from '../blob/holds-more.ts'
import { ConvertError } from '../convert-error.ts'
import { fittingName } from '../input/fitting-name.ts'
import { MOST_NESTED } from '../input/found-file.ts'
import { foundInput } from '../input/input-folder.ts'
import { unzip } from '../input/unzip.ts'
import { fileKind, identityKind, inputKind } from '../job-kinds.ts'
import { taskProcessor } from '../task-answer.ts'
import type { Workshop } from '../workshop.ts'

export function gatherTasks({ folder, drawId, now, room }: Workshop): Processor[] {
  const listInput = taskProcessor(
    'list-input',
    async (input) => {
      const { takes, signal } = input
      const { path, prefix } = inputKind.one(takes)
      const { files: found, notes } = await foundInput(path)
      const files = await withPartsTold(found, join(folder, 'films', input.task), signal)
      // A zip that is the input itself is nothing but a folder; so its entries are named as if they lay there.
      const gave = files.map((file) =>
        fileKind.make({
          ...file,
          name: fittingName(`${prefix}${file.name}`),
          ...(file.piece !== undefined && { piece: { ...file.piece, of: `${prefix}${file.piece.of}` } }),
          ...topOf(files.length, file.kind, prefix),
        }),
      )
      if (gave.length === 0) throw new ConvertError('nothing-found', `${path} has no files in it`)
      return { severity: 'info', gave, notes }
    },
    { isFinal: true },
  )
  const unzipper = taskProcessor('unzip', async ({ task, takes, signal, onProgress }) => {
    const [zip] = fileKind.all(takes)
    const { depth = 0, within } = zip!
    if (depth >= MOST_NESTED)
      throw new ConvertError('too-large', `${zip!.name} lies in ${depth} archives: it is kept as it is`)
    const place = join(folder, 'unpacked', task)
    await mkdir(place, { recursive: true })
    const prefix = within ?? `${zip!.name}/`
    const { files: mostFiles, bytes: mostBytes } = room()
    const options = { folder: place, prefix, mostFiles, mostBytes, signal, onProgress }
    const { files: found, notes } = await unzip(zip!, options).catch(async (error: unknown) => {
      // What came out before it was refused is of no use, and may fill the disk.
      await rm(place, { recursive: true, force: true })
      throw error
    })
    const files = await withPartsTold(found, join(place, 'films'), signal)
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
