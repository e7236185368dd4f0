// SPEC.md, F4: which archive has which id, where somebody keeps several.
import { newArchiveId } from './archive-id.ts'
import { UmfError } from './umf-error.ts'

/** A store of ids that refuses each the second time. A holder is what has the archive: a file's path, a recording. */
export interface ArchiveRegistry {
  /**
   * Durable when it resolves. The same holder may register the same id again: it may have ended before it heard of it.
   *
   * @throws UmfError `id-taken`: it is another holder's; `invalid`: no id, or no holder
   */
  register(id: string, holder: string): Promise<void>
  /** Null where the id is free. */
  holder(id: string): Promise<string | null>
}

/** More would mean that the store says no to everything. */
const mostDraws = 10

/** F4: draws the id of a new archive, and registers it. @throws UmfError `id-taken`, and what the registry throws */
export async function drawArchiveId(
  registry: ArchiveRegistry,
  holder: string,
  draw: () => string = newArchiveId,
): Promise<string> {
  for (let count = 1; ; count++) {
    const id = draw()
    try {
      await registry.register(id, holder)
      return id
    } catch (fault) {
      if (!(fault instanceof UmfError) || fault.code !== 'id-taken' || count === mostDraws) throw fault
    }
  }
}

/** M1: the archive that another one is a copy of, under an id of its own. */
export type ArchiveOrigin = { id: string; generation?: number; by: string }

/** The metadata of such a copy; what was there already of earlier ones stays, whatever it is. */
export function withOrigin(
  metadata: Readonly<Record<string, unknown>>,
  origin: ArchiveOrigin,
): Record<string, unknown> {
  const { from } = metadata
  const before = Array.isArray(from) ? from : from === undefined ? [] : [from]
  return { ...metadata, from: [...before, origin] }
}

/** P1: its id, and those that it had before it got one of its own. */
export function ownIds({ id, metadata }: { id: string; metadata: Readonly<Record<string, unknown>> }): Set<string> {
  const { from } = metadata
  const origins: readonly unknown[] = Array.isArray(from) ? from : []
  const before = origins.map((origin) => (origin as { id?: unknown } | null)?.id)
  return new Set([id, ...before.filter((each) => typeof each === 'string')])
}
