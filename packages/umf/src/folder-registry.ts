// A registry that is a folder: a file for each id, whose name is the id, with the holder in it.
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isArchiveId } from './archive-id.ts'
import type { ArchiveRegistry } from './archive-registry.ts'
import { UmfError } from './umf-error.ts'

const mostHolder = 4096

/** Several processes may use it at a time. @param folder made where it is missing */
export function folderRegistry(folder: string): ArchiveRegistry {
  const pathOf = (id: string) => join(folder, id)

  async function holder(id: string): Promise<string | null> {
    if (!isArchiveId(id)) return null
    return await readFile(pathOf(id), 'utf8').catch((fault: NodeJS.ErrnoException) => {
      if (fault.code === 'ENOENT') return null
      throw refused(fault)
    })
  }

  return {
    holder,
    async register(id, by) {
      if (!isArchiveId(id)) throw new UmfError('invalid', `${id} is no id of an archive`)
      if (by === '' || Buffer.byteLength(by) > mostHolder || by.includes('\0') || !by.isWellFormed())
        throw new UmfError('invalid', 'a holder has 1 to 4096 bytes')
      const isNew = await claim(folder, pathOf(id), by).catch((fault: Error) => {
        throw refused(fault)
      })
      const known = isNew ? by : await holder(id)
      if (known !== by) throw new UmfError('id-taken', `the archive ${id} is registered: ${known}`)
    },
  }
}

/** A link is made as a whole or not at all, and replaces nothing: nobody ever reads half a holder. */
async function claim(folder: string, path: string, holder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const temporary = join(folder, `.${randomBytes(8).toString('hex')}.part`)
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(holder)
      await handle.sync()
    } finally {
      await handle.close()
    }
    const isNew = await link(temporary, path).then(
      () => true,
      (fault: NodeJS.ErrnoException) => {
        if (fault.code === 'EEXIST') return false
        throw fault
      },
    )
    // Of one that was there, too: whoever made it may have ended before this.
    await syncFolder(folder)
    return isNew
  } finally {
    await rm(temporary, { force: true })
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function refused(cause: Error): UmfError {
  return new UmfError('source', `the registry of archives can't be used: ${cause.message}`)
}
