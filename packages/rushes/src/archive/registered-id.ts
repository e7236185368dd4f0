// SPEC.md, F4: which archives were made here, so that no two are called the same.
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { type ArchiveRegistry, drawArchiveId, newArchiveId, UmfError } from '@rushes/umf'
import { folderRegistry } from '@rushes/umf/node'
import { openPlace, readArchive } from './archive-file.ts'
import type { Note } from './resources.ts'

export type RegisteredId = { id: string; notes: Note[] }

/** The user's own; a folder with a small file for each archive. */
export function userRegistry(environment: NodeJS.ProcessEnv = process.env): ArchiveRegistry {
  const read = (name: string) => environment[name]?.trim() || undefined
  const data = read('XDG_DATA_HOME') ?? join(homedir(), '.local', 'share')
  return folderRegistry(resolve(read('RUSHES_REGISTRY') ?? join(data, 'rushes', 'archives')))
}

/**
 * The id of what is about to be packed: a new one, which no archive here has, or the one that it has already, which a copy
 * keeps.
 *
 * @param output null: standard output
 */
export async function registeredId(
  kept: string | null,
  output: string | null,
  registry: ArchiveRegistry,
): Promise<RegisteredId> {
  const holder = output === null ? `standard output, ${new Date().toISOString()}` : resolve(output)
  try {
    if (kept === null) return { id: await drawArchiveId(registry, holder), notes: [] }
    await registry.register(kept, holder)
    return { id: kept, notes: [] }
  } catch (fault) {
    if (!(fault instanceof UmfError)) throw fault
    if (kept !== null && fault.code === 'id-taken') return { id: kept, notes: await copyNotes(kept, registry) }
    // To whoever wants a file, that it is not on a list is no reason not to have it.
    const message = `the archive's id is on no list, so that another one may be given it: ${fault.message}`
    return { id: kept ?? newArchiveId(), notes: [{ severity: 'warning', code: 'not-registered', message }] }
  }
}

async function copyNotes(id: string, registry: ArchiveRegistry): Promise<Note[]> {
  const other = await registry.holder(id)
  if (other === null || (await idOf(other)) !== id) return [] // it was moved, or is gone
  const message = `${other} is the archive ${id} as well: this is a copy of it; --new-id makes it one of its own`
  return [{ severity: 'info', code: 'copy', message }]
}

async function idOf(path: string): Promise<string | null> {
  try {
    await using source = await openPlace(path)
    return (await readArchive(source)).id
  } catch {
    return null
  }
}
