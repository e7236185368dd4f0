// Content of items wherever it lies, as it is meant to be read: pointers are followed where the command is told to, and what is
// encrypted is opened with a key, by our own module or by code of the archive that somebody trusted has signed.
import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { CodeError, runCode } from '@rushes/processors'
import { publicFetch } from '@rushes/sandbox'
import {
  AES_MODULE,
  type AesEncryption,
  type Archive,
  type ArchiveResource,
  type ContentKey,
  checkedContent,
  decryptContent,
  encryptContent,
  httpSource,
  type Item,
  type PointerStore,
  type Restricted,
  resolvedContent,
  resolvePointer,
  type Source,
  UmfError,
} from '@rushes/umf'
import { openFile, nodeSha256 as sha256 } from '@rushes/umf/node'
import { readConfig } from '../config.ts'
import { CommandError } from '../output.ts'
import { fileAt, isUrl, readArchive } from './archive-file.ts'
import { type KeyOptions, readContentKey } from './content-key.ts'
import { readPublicKey } from './key-file.ts'

export type ReachOptions = KeyOptions & { follow?: boolean; archive?: string[]; trust?: string[] }

/** Of an item whose bytes code decrypts: they are in memory, some times over. */
const mostCodeBytes = 64 * 2 ** 20
const codeTimeMs = 60_000

type Encryption = NonNullable<Item['encryption']>

/** An item, and what it points to. */
type Reached = {
  /** Where the module is looked for that decrypts it. */
  archive: Archive
  /** Further limits than those of the item itself. */
  restricted: readonly Restricted[]
  encryption: Encryption | undefined
  stored(): AsyncGenerator<Uint8Array>
}

/** Opens what it needs as it goes, and closes all of it in the end. */
export class ReachedContent implements AsyncDisposable {
  readonly #archive: Archive
  readonly #place: string
  readonly #options: ReachOptions
  readonly #key: ContentKey | null
  readonly #trusted: readonly string[]
  readonly #opened = new AsyncDisposableStack()
  readonly #others = new Map<string, Source>()

  private constructor(archive: Archive, place: string, options: ReachOptions, keys: [ContentKey | null, string[]]) {
    this.#archive = archive
    this.#place = place
    this.#options = options
    this.#key = keys[0]
    this.#trusted = keys[1]
  }

  /** @param place of the archive: a path or a URL. @throws CommandError */
  static async open(archive: Archive, place: string, options: ReachOptions): Promise<ReachedContent> {
    const { trust = [], archive: others = [] } = options
    const keys: [ContentKey | null, string[]] = [
      await readContentKey(options),
      await Promise.all(trust.map(readPublicKey)),
    ]
    const reached = new ReachedContent(archive, place, options, keys)
    for (const path of others) {
      const file = reached.#opened.use(await openFile(await fileAt(path)))
      reached.#others.set((await readArchive(file)).id, file)
    }
    return reached
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync()
  }

  /** Whether its bytes are other ones than those that lie in the archive under its name. */
  isElsewhere(resource: ArchiveResource): boolean {
    return this.#options.follow === true && this.#pointerOf(resource) !== undefined
  }

  /** Whether its bytes are to be decrypted, and can be tried to. */
  isOpened(resource: ArchiveResource): boolean {
    return this.#key !== null && this.#encryptionOf(resource) !== undefined
  }

  /**
   * Its bytes, checked and decrypted, in pieces that hold until the next one is asked for.
   *
   * @throws CommandError `pointer`, `encrypted`, `not-trusted` and what else code fails with; UmfError
   */
  async *content(resource: ArchiveResource): AsyncGenerator<Uint8Array> {
    const { archive, encryption, stored } = await this.#reach(resource)
    if (encryption === undefined) yield* stored()
    else if (this.#key === null)
      throw new CommandError('encrypted', `${resource.name} is encrypted: --key-file or --passphrase-file opens it`)
    else if (encryption.module === AES_MODULE) yield* decryptContent(stored(), encryption, this.#key)
    else yield await this.#decryptedByCode(archive, resource.name, encryption, stored())
  }

  /** Limits of what it points to, which are those of what is made of it as well (P4, L4). @throws as {@link content} */
  async restricted(resource: ArchiveResource): Promise<readonly Restricted[]> {
    return (await this.#reach(resource)).restricted
  }

  /**
   * What was made of encrypted items, as closed as these; as it is where none of them was.
   *
   * @throws CommandError `encrypted`: only their own module could do it
   */
  async sealed(
    resources: readonly ArchiveResource[],
    content: AsyncIterable<Uint8Array>,
  ): Promise<{ content: AsyncIterable<Uint8Array>; encryption?: AesEncryption }> {
    const found = await Promise.all(resources.map((each) => this.#reach(each)))
    const encryptions = found.flatMap(({ encryption }) => encryption ?? [])
    if (encryptions.length === 0) return { content }
    if (encryptions.some(({ module }) => module !== AES_MODULE))
      throw new CommandError(
        'encrypted',
        'what is made of it can only be encrypted by its own module: leave --keep out',
      )
    const keyId = encryptions.map((each) => (each as AesEncryption).keyId).find((each) => each !== undefined)
    return await encryptContent(content, this.#key!, keyId)
  }

  async #reach(resource: ArchiveResource): Promise<Reached> {
    const { name } = resource
    const pointer = this.#pointerOf(resource)
    if (pointer === undefined) {
      const stored = () => checkedContent(this.#archive, name, sha256)
      return { archive: this.#archive, restricted: [], encryption: this.#encryptionOf(resource), stored }
    }
    if (this.#options.follow !== true)
      throw new CommandError('pointer', `${name} lies elsewhere: ${pointer}; --follow follows it`)
    const store = this.#store()
    const target = await resolvePointer(this.#archive, name, { store, sha256 })
    const stored = () => resolvedContent(this.#archive, name, { store, sha256 })
    const own = this.#encryptionOf(resource)
    if (target.kind !== 'item') return { archive: this.#archive, restricted: [], encryption: own, stored }
    const isPresentation = target.resource === target.archive.presentation
    const theirs = isPresentation ? undefined : (target.resource as Item).encryption
    if (own !== undefined && theirs !== undefined && JSON.stringify(own) !== JSON.stringify(theirs))
      throw new CommandError('encrypted', `${name} is encrypted more than once`)
    const archive = theirs === undefined ? this.#archive : target.archive
    return { archive, restricted: [target.resource], encryption: own ?? theirs, stored }
  }

  #pointerOf(resource: ArchiveResource): string | undefined {
    return resource === this.#archive.presentation ? undefined : (resource as Item).pointer
  }

  #encryptionOf(resource: ArchiveResource): Encryption | undefined {
    return resource === this.#archive.presentation ? undefined : (resource as Item).encryption
  }

  /** P2: what `--follow` allows: public addresses, archives that were named, files beside the archive. */
  #store(): PointerStore {
    const trusted = new Set(readConfig(process.env).pointerHosts)
    return {
      archive: async (id) => {
        const found = this.#others.get(id)
        if (found !== undefined) return found
        throw new UmfError('pointer', `it points into the archive ${id}: --archive FILE says where that is`)
      },
      url: (url) => httpSource(url, { fetch: publicFetch({ trusted }) }),
      file: async (path) => {
        if (isUrl(this.#place)) throw new UmfError('pointer', `it points to ${path}, beside an archive on a server`)
        const folder = dirname(await fileAt(this.#place))
        const real = await realpath(join(folder, path)).catch(() => null)
        const inside = real === null ? '..' : relative(folder, real)
        if (inside.startsWith('..') || isAbsolute(inside))
          throw new UmfError('pointer', `there is no file ${path} beside the archive`)
        return this.#opened.use(await openFile(await fileAt(real!)))
      },
    }
  }

  /** X6. */
  async #decryptedByCode(
    archive: Archive,
    name: string,
    encryption: Encryption,
    stored: AsyncIterable<Uint8Array>,
  ): Promise<Uint8Array> {
    const { module } = encryption
    if (!module.startsWith('item:'))
      throw new CommandError('encrypted', `${name} is decrypted by a module that is not here: ${module}`)
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of stored) {
      size += part.length
      if (size > mostCodeBytes)
        throw new CommandError('too-large', `${name} has over ${mostCodeBytes} bytes for code to decrypt`)
      parts.push(part.slice())
    }
    const content = new Uint8Array(Buffer.concat(parts))
    const input = { for: 'decrypt', name, encryption, key: this.#key, content }
    const limits = {
      inputBytes: mostCodeBytes + 2 ** 20,
      outputBytes: mostCodeBytes,
      memoryBytes: 2 ** 28,
      timeMs: codeTimeMs,
    }
    const run = { name: module.slice('item:'.length), input, trustedKeys: this.#trusted, limits }
    const answer = await runCode(archive, run).catch((cause: unknown) => {
      if (!(cause instanceof CodeError)) throw cause
      const advice = cause.code === 'not-trusted' ? ': --trust KEY.pub names whose code is run' : ''
      throw new CommandError(cause.code, `${cause.message}${advice}`, { cause })
    })
    if (!(answer instanceof Uint8Array))
      throw new CommandError('failed', `the module that decrypts ${name} answered no bytes`)
    return answer
  }
}
