import { open } from 'node:fs/promises'
import { fileSource } from './byte-source.ts'
import { type Recognised, recognise } from './recognise.ts'

/** What a file on disk is, by its content. @throws what opening and reading it throws */
export async function recogniseFile(path: string): Promise<Recognised> {
  const handle = await open(path, 'r')
  try {
    return await recognise(fileSource(handle, (await handle.stat()).size))
  } finally {
    await handle.close()
  }
}
