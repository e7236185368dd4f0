// How large pictures are, so that whoever shows them knows it before they are there.
import { recogniseFile } from '../extractor/recognise-file.ts'
import type { FileFacts } from '../families/family.ts'
import type { FoundFile } from '../input/found-file.ts'

const mostBytes = 64 * 2 ** 20
const told = ['width', 'height', 'frames'] as const

/** With width and height, px, of pictures, and how many frames there are where there are several. */
export async function withPictureFacts(
  facts: ReadonlyMap<string, FileFacts>,
  files: readonly FoundFile[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FileFacts>> {
  const known = new Map(facts)
  for (const file of files) {
    signal.throwIfAborted()
    if (!/^image\/(?:png|jpeg|gif)$/.test(file.kind) || file.size > mostBytes) continue
    const metadata = await pictureFacts(file)
    if (Object.keys(metadata).length === 0) continue
    const own = known.get(file.name)
    known.set(file.name, { ...own, metadata: { ...metadata, ...own?.metadata } })
  }
  return known
}

async function pictureFacts({ path }: FoundFile): Promise<Record<string, unknown>> {
  const { facts } = await recogniseFile(path)
  return Object.fromEntries(told.flatMap((name) => (typeof facts[name] === 'number' ? [[name, facts[name]]] : [])))
}
