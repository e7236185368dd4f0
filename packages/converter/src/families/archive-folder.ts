// What readers of families have in common: an event's folder, whose files are found by name, parsed once, and told of where they are
// damaged or missing.
import type { Note } from '@rushes/pipeline'
import type { z } from 'zod'
import { ConvertError } from '../convert-error.ts'
import { baseName, type FoundFile, folderOf, readText } from '../input/found-file.ts'
import type { XmlOptions } from '../xml-stream.ts'
import { readXmlTree, type XmlElement } from '../xml-tree.ts'
import { type Claim, type FileFacts, filesBelow, type Reading } from './family.ts'

const mostJson = 64 * 1024 * 1024
const mostDamage = 200

/** The folders in which these files lie. */
export function claimsAround(files: readonly FoundFile[]): Claim[] {
  const folders = new Set(files.map(({ name }) => folderOf(name)))
  return [...folders].map((folder) => ({ root: folder === '' ? '' : `${folder}/` }))
}

/** The folder of one event while it is read. What is said of its files goes into the reading. */
export class ArchiveFolder {
  readonly files: readonly FoundFile[]
  readonly root: string
  readonly notes: Note[] = []
  readonly #facts = new Map<string, FileFacts>()

  constructor(files: readonly FoundFile[], root: string) {
    this.files = filesBelow(files, root)
    this.root = root
  }

  /** By its path below the folder. */
  file(path: string): FoundFile | null {
    return this.files.find(({ name }) => name === `${this.root}${path}`) ?? null
  }

  /** Those right in the folder whose kind is this. */
  ofKind(kind: string): FoundFile[] {
    const own = this.root.slice(0, -1)
    return this.files.filter((file) => file.kind === kind && folderOf(file.name) === own)
  }

  /** Sound and video anywhere in it. */
  media(): FoundFile[] {
    return this.files.filter(({ kind }) => /^(audio|video)\//.test(kind))
  }

  /** Path below the folder. */
  pathOf({ name }: FoundFile): string {
    return name.slice(this.root.length)
  }

  /** By the end of a URL or path, however far it agrees: packages are flattened, and moved into folders. */
  fileAt(url: string): FoundFile | null {
    const parts = plainPath(url)
      .split('/')
      .filter((part) => part !== '' && part !== '.')
    for (let from = 0; from < parts.length; from++) {
      const end = parts.slice(from).join('/')
      const found = this.files.find(({ name }) => name === `${this.root}${end}` || name.endsWith(`/${end}`))
      if (found !== undefined) return found
    }
    return null
  }

  /** The same, of media that are spoken of: that it is not there is told. */
  mediumAt(url: string): FoundFile | null {
    const found = this.fileAt(url)
    if (found === null) {
      this.note('missing-media', `${baseName(plainPath(url)).slice(0, 200) || 'a track'} is not in the package`)
    }
    return found
  }

  /** Null where there is no such file, or it is damaged, which is told. */
  async xml(file: FoundFile | string | null, options: XmlOptions = {}): Promise<XmlElement | null> {
    const found = typeof file === 'string' ? this.file(file) : file
    if (found === null) return null
    return await this.#parsed(found, () => readXmlTree(found, options))
  }

  /** The same, of JSON of a form. */
  async json<Value>(file: FoundFile | string | null, schema: z.ZodType<Value>): Promise<Value | null> {
    const found = typeof file === 'string' ? this.file(file) : file
    if (found === null) return null
    return await this.#parsed(found, async () => schema.parse(JSON.parse(await readText(found, mostJson))))
  }

  async #parsed<Value>(file: FoundFile, parse: () => Promise<Value>): Promise<Value | null> {
    try {
      return await parse()
    } catch (error) {
      const isOfContent =
        error instanceof ConvertError || error instanceof SyntaxError || (error as Error).name === 'ZodError'
      if (!isOfContent) throw error
      const why = (error as Error).message.slice(0, mostDamage)
      this.note('damaged', `it can't be read, and is kept as it is: ${why}`, file.name)
      return null
    }
  }

  /** What of a file is known besides its content. */
  know({ name }: Pick<FoundFile, 'name'>, facts: FileFacts): void {
    this.#facts.set(name, { ...this.#facts.get(name), ...facts })
  }

  note(code: string, message: string, resource?: string, severity: Note['severity'] = 'warning'): void {
    this.notes.push({ severity, code, message, ...(resource !== undefined && { resource }) })
  }

  reading(found: Omit<Reading, 'files' | 'notes'>): Reading {
    return { ...found, files: this.#facts, notes: this.notes }
  }
}

/** `http://host/a/b%20c.mp4?d`, `./a/b`, `file:a/b`, `a\b`. */
export function plainPath(url: string): string {
  const path = url
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:(?:\/\/[^/]*)?/i, '')
    .replace(/[?#].*$/s, '')
    .replaceAll('\\', '/')
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
