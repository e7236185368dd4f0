// Whether a file that begins like a resource goes on as something else: then its beginning does not tell what it is.
import { open } from 'node:fs/promises'
import { type ByteSource, fileSource } from '../extractor/byte-source.ts'
import { indexResources } from '../extractor/index-resources.ts'
import { recognise } from '../extractor/recognise.ts'
import { claimedEvents } from '../families/claimed-events.ts'
import type { FoundFile } from '../input/found-file.ts'
import { filmsBehind } from '../input/motion-photo.ts'

/** What programs leave behind the end of a file is less, or all the same byte. */
const leastRest = 512
/** Cameras write their own behind a picture. */
const leastRestOfImage = 4096

const looked = /^(?:audio\/|video\/|image\/(?:jpeg|png|gif|webp)|text\/plain|application\/(?:pdf|zip|gzip|json|xml;))/

/**
 * Files with `application/octet-stream` for the kind of those that hold more than what they begin with. Where a family knows a
 * folder, it knows its files. Films behind pictures are files of their own.
 *
 * @param folder for films; it is made where there are any
 */
export async function withPartsTold(files: FoundFile[], folder: string, signal: AbortSignal): Promise<FoundFile[]> {
  if (!files.some(({ kind }) => looked.test(kind))) return files
  const claims = await claimedEvents(files)
  if (claims.some(({ family }) => family.isFallback !== true)) return files
  return [...(await withBlobsTold(files, signal)), ...(await filmsBehind(files, folder, signal))]
}

async function withBlobsTold(files: readonly FoundFile[], signal: AbortSignal): Promise<FoundFile[]> {
  const told: FoundFile[] = []
  for (const file of files) {
    signal.throwIfAborted()
    const isBlob = looked.test(file.kind) && (await holdsMore(file))
    told.push(isBlob ? { ...file, kind: 'application/octet-stream' } : file)
  }
  return told
}

async function holdsMore({ path, size, kind }: FoundFile): Promise<boolean> {
  const handle = await open(path, 'r')
  try {
    const source = fileSource(handle, size)
    if (!/^(?:audio|video|image|application\/(?:pdf|zip|gzip))/.test(kind)) return await isNoText(source)
    for await (const { start, end, whole, type } of indexResources(source)) {
      // Of another format than the extractor knows, or a damaged archive, about which nothing more is known.
      if (start > 0 || (!whole && kind === 'application/zip')) return false
      const least = type === 'image' ? leastRestOfImage : leastRest
      return size - end >= least && !(await isPadding(source, end))
    }
    return false
  } finally {
    await handle.close()
  }
}

/** Text in its first 64 KiB alone. */
async function isNoText(source: ByteSource): Promise<boolean> {
  return source.size! > 64 * 1024 && (await recognise(source)).format === 'unknown'
}

async function isPadding(source: ByteSource, at: number): Promise<boolean> {
  const bytes = new Uint8Array(leastRestOfImage)
  const read = await source.read(at, bytes)
  return bytes.subarray(0, read).every((byte) => byte === bytes[0])
}
