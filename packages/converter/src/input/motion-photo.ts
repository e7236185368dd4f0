// A picture of a telephone with a film of its moment behind it (Motion Photo 1.0, and MicroVideo before it): two files in one.
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { recogniseFile } from '../extractor/recognise-file.ts'
import { syncFile } from '../media/media-job.ts'
import { contentKindOf } from './content-signature.ts'
import { fittingName } from './fitting-name.ts'
import { type FoundFile, readStart } from './found-file.ts'

/** Its description stands before the picture. */
const descriptionBytes = 128 * 1024
const mostFilms = 200

/**
 * Films behind pictures, each copied into a file of its own; the pictures stay what they are.
 *
 * @param folder which is made where there are any
 */
export async function filmsBehind(
  files: readonly FoundFile[],
  folder: string,
  signal: AbortSignal,
): Promise<FoundFile[]> {
  const films: FoundFile[] = []
  for (const file of files) {
    if (file.kind !== 'image/jpeg' || films.length === mostFilms) continue
    const start = Buffer.from(await readStart(file, descriptionBytes)).toString('latin1')
    if (!/MotionPhoto|MicroVideo/.test(start)) continue
    signal.throwIfAborted()
    const length = await filmLength(file)
    if (length === 0) continue
    await mkdir(folder, { recursive: true })
    const path = join(folder, `film-${films.length}`)
    const offset = file.size - length
    await pipeline(createReadStream(file.path, { start: offset }), createWriteStream(path), { signal })
    await syncFile(path)
    const kind = await contentKindOf({ path, size: length })
    const origin =
      file.origin === undefined ? undefined : { ...file.origin, offset: file.origin.offset + offset, length }
    const name = fittingName(`${file.name}.parts/${offset}.mp4`)
    films.push({
      ...{ name, path, size: length, kind, piece: { of: file.name, offset, length } },
      ...(origin && { origin }),
    })
  }
  return films
}

async function filmLength({ path, size }: FoundFile): Promise<number> {
  const { facts, end } = await recogniseFile(path)
  const { filmBytes } = facts
  // A film that is said to be there, and ends where the file does.
  return typeof filmBytes === 'number' && end === size && filmBytes < size ? filmBytes : 0
}
