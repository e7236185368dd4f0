// A folder into which files of somebody else's naming are written: never out of it, never through a link, never over what is
// there unless that was asked for.
import { type FileHandle, lstat, mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CommandError } from '../output.ts'
import { fileExists, temporaryBeside } from './new-file.ts'

export class UnpackFolder {
  /** Where the folder really is: that the user's own path leads over links is the user's business. */
  readonly path: string
  readonly #force: boolean
  /** Folders below that were looked at. */
  readonly #known = new Map<string, Promise<void>>()

  constructor(path: string, force: boolean) {
    this.path = path
    this.#force = force
  }

  static async open(path: string, force: boolean): Promise<UnpackFolder> {
    await mkdir(resolve(path), { recursive: true })
    return new UnpackFolder(await realpath(path), force)
  }

  /** @throws CommandError `file-exists`: before anything is written */
  async mustBeFree(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const standing = await lstat(join(this.path, path)).catch(() => null)
      if (standing === null) continue
      if (!this.#force || standing.isDirectory()) throw fileExists(join(this.path, path))
    }
  }

  /**
   * Writes one file. Where `content` fails, it is not there.
   *
   * @throws CommandError `link`, `file-exists`; errors of the system; whatever `content` throws
   */
  async write(path: string, content: AsyncIterable<Uint8Array> | readonly Uint8Array[]): Promise<void> {
    await this.#mustBeFolder(path.split('/').slice(0, -1))
    const target = join(this.path, path)
    // Under --force the new file takes the place of the old one when it is whole; a link is replaced, and not followed.
    const written = this.#force ? temporaryBeside(target) : target
    const handle = await open(written, 'wx').catch((fault: NodeJS.ErrnoException) => {
      throw fault.code === 'EEXIST' ? fileExists(target) : fault
    })
    try {
      await copy(handle, content)
      await handle.close()
      if (this.#force) await rename(written, target)
    } catch (fault) {
      await handle.close().catch(() => {})
      await rm(written, { force: true })
      throw fault
    }
  }

  async #mustBeFolder(parts: readonly string[]): Promise<void> {
    for (let depth = 1; depth <= parts.length; depth++) {
      const path = parts.slice(0, depth).join('/')
      let known = this.#known.get(path)
      if (known === undefined) {
        known = this.#makeFolder(join(this.path, path))
        this.#known.set(path, known)
      }
      await known
    }
  }

  async #makeFolder(path: string): Promise<void> {
    try {
      await mkdir(path)
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault
      if (!(await lstat(path)).isDirectory())
        throw new CommandError('link', `${path} is a link or a file: nothing is written through it`)
    }
  }
}

async function copy(handle: FileHandle, content: AsyncIterable<Uint8Array> | readonly Uint8Array[]): Promise<void> {
  let at = 0
  for await (const bytes of content) {
    await writeAll(handle, at, bytes)
    at += bytes.length
  }
}

async function writeAll(handle: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, offset + at)
    at += bytesWritten
  }
}
