// An archive as a folder of files and a `umf.json`, which `pack` makes the same archive of again.
import {
  type Archive,
  checkedContent,
  EVENTS_TYPE,
  eventsContent,
  extensionBoxes,
  type Item,
  type Source,
  UmfError,
} from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import { type FolderManifest, MANIFEST, type ManifestItem } from './folder-manifest.ts'
import type { Note } from './resources.ts'
import type { UnpackFolder } from './unpack-folder.ts'
import { UnpackNames } from './unpack-names.ts'
import { counted, type WorkProgress } from './work-progress.ts'

/** Of thousands of small files each waits for the system several times. */
const atOnce = 8
const mostEventBytes = 16 * 1024 * 1024
const mostBoxBytes = 16 * 1024 * 1024
/** What a system says to a name that it does not take. */
const refusals = new Set(['ENAMETOOLONG', 'EINVAL', 'EILSEQ'])

export type Unpacked = { files: string[]; bytes: number; notes: Note[] }

/** @throws CommandError, UmfError: what keeps all of it from being unpacked; a damaged item is noted, and left out */
export async function unpack(
  archive: Archive,
  source: Source,
  folder: UnpackFolder,
  { progress, signal }: { progress: WorkProgress; signal: AbortSignal },
): Promise<Unpacked> {
  const run = new Unpacking(archive, source, folder, progress, signal)
  return await run.run()
}

type Stored = { name: string; length: number; path: string; entry: ManifestItem | null }

class Unpacking {
  readonly #archive: Archive
  readonly #source: Source
  readonly #folder: UnpackFolder
  readonly #progress: WorkProgress
  readonly #signal: AbortSignal
  readonly #names = new UnpackNames(MANIFEST)
  readonly #notes: Note[] = []
  readonly #files: string[] = []
  #bytes = 0

  constructor(archive: Archive, source: Source, folder: UnpackFolder, progress: WorkProgress, signal: AbortSignal) {
    this.#archive = archive
    this.#source = source
    this.#folder = folder
    this.#progress = progress
    this.#signal = signal
  }

  async run(): Promise<Unpacked> {
    const { presentation } = this.#archive
    const stored: Stored[] = []
    const shown: Stored | null =
      presentation === null
        ? null
        : {
            name: presentation.name,
            length: presentation.length,
            path: this.#names.pathFor(presentation.name),
            entry: null,
          }
    if (shown !== null) stored.push(shown)
    const entries: ManifestItem[] = []
    for (const item of this.#archive.items()) {
      const entry = await this.#entryOf(item)
      entries.push(entry)
      if (entry.events !== undefined || entry.pointer !== undefined) continue
      stored.push({ name: item.name, length: item.length!, path: this.#names.pathFor(item.name), entry })
    }
    await this.#folder.mustBeFree([...stored.map(({ path }) => path), MANIFEST])
    for (const { length } of stored) this.#progress.expect(length)
    const missing = await this.#writeAll(stored)
    const manifest: FolderManifest = {
      umf: 1,
      id: this.#archive.id,
      metadata: { ...this.#archive.metadata },
      ...(shown !== null && !missing.has(shown) && { presentation: this.#presentationEntry(shown) }),
      items: entries.filter((entry) => ![...missing].some((each) => each.entry === entry)),
      ...(await this.#further()),
    }
    await this.#folder.write(MANIFEST, [new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)])
    return { files: [...this.#files, MANIFEST], bytes: this.#bytes, notes: [...this.#names.notes, ...this.#notes] }
  }

  /** What of an item a file can't say; where its content is, is said when it is written. */
  async #entryOf(item: Item): Promise<ManifestItem> {
    const { extents: _, inline, length, digest, pointer, ...fields } = item
    if (pointer !== undefined) {
      return { item: fields, pointer, ...(length !== undefined && { length }), ...(digest !== undefined && { digest }) }
    }
    const events = await this.#eventsOf(item)
    return {
      item: fields,
      ...(inline !== undefined && { inline: true }),
      ...(events !== null && { events }),
    }
  }

  /** Events that can be written again byte for byte stand in `umf.json` itself. */
  async #eventsOf({ name, contentType, length, digest }: Item): Promise<ManifestItem['events'] | null> {
    if (contentType !== EVENTS_TYPE || length! > mostEventBytes) return null
    const bytes = await this.#archive.bytes(name)
    try {
      const events = JSON.parse(new TextDecoder().decode(bytes)) as NonNullable<ManifestItem['events']>
      const again = eventsContent(events)
      return digest === sha256Text(again) ? events : null
    } catch {
      return null
    }
  }

  #presentationEntry({ path }: Stored): NonNullable<FolderManifest['presentation']> {
    const { length: _, ...item } = this.#archive.presentation!
    return { item, file: path }
  }

  /** Members of the description that are neither this version's nor the file's, and boxes of others. */
  async #further(): Promise<Pick<FolderManifest, 'members' | 'boxes'>> {
    const { version, id, generation, digest, metadata, presentation, items, cover, erases, ...members } =
      this.#archive.state.description
    const boxes: NonNullable<FolderManifest['boxes']> = []
    let left = mostBoxBytes
    for await (const { type, offset, size, headerSize } of extensionBoxes(this.#source, this.#archive.state)) {
      left -= size
      if (left < 0) {
        this.#note('warning', 'left-out', `an extension box ${type} of ${size} bytes is too large for ${MANIFEST}`)
        break
      }
      const data = await this.#source.read(offset + headerSize, size - headerSize)
      boxes.push({ type, data: Buffer.from(data).toString('base64') })
    }
    return { ...(Object.keys(members).length > 0 && { members }), ...(boxes.length > 0 && { boxes }) }
  }

  /** @returns those that could not be written whole */
  async #writeAll(stored: readonly Stored[]): Promise<Set<Stored>> {
    const missing = new Set<Stored>()
    const queue = stored.values()
    const failed = new AbortController()
    const worker = async (): Promise<void> => {
      for (const each of queue) {
        failed.signal.throwIfAborted()
        this.#signal.throwIfAborted()
        if (!(await this.#writeOne(each))) missing.add(each)
      }
    }
    const watched = async (): Promise<void> => {
      await worker().catch((fault: unknown) => failed.abort(fault))
    }
    // All of them have ended before a fault is told: nothing is written after that.
    await Promise.all(Array.from({ length: atOnce }, watched))
    failed.signal.throwIfAborted()
    return missing
  }

  async #writeOne(stored: Stored): Promise<boolean> {
    const { name, length } = stored
    try {
      await this.#folder.write(stored.path, this.#content(name)).catch(async (fault: NodeJS.ErrnoException) => {
        if (!refusals.has(fault.code ?? '')) throw fault
        stored.path = this.#names.pathFor(name, `the system refuses its name (${fault.code})`)
        await this.#folder.write(stored.path, this.#content(name))
      })
    } catch (fault) {
      if (!(fault instanceof UmfError) || fault.code !== 'malformed') throw fault
      this.#note('critical', 'damaged', 'it is not what its digest says, and is left out', name)
      return false
    }
    if (stored.entry !== null && stored.path !== name) stored.entry.file = stored.path
    this.#files.push(stored.path)
    this.#bytes += length
    return true
  }

  async *#content(name: string): AsyncGenerator<Uint8Array> {
    for await (const bytes of counted(checkedContent(this.#archive, name, nodeSha256), this.#progress)) {
      this.#signal.throwIfAborted()
      yield bytes
    }
  }

  #note(severity: Note['severity'], code: string, message: string, resource?: string): void {
    this.#notes.push({ severity, code, message, ...(resource !== undefined && { resource }) })
  }
}

function sha256Text(bytes: Uint8Array): string {
  const hash = nodeSha256()
  hash.update(bytes)
  return `sha256:${Buffer.from(hash.digest()).toString('hex')}`
}
