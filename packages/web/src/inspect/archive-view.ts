import { type Archive, type ArchiveState, checkSignatures, type MakeSha256, UmfError } from '@rushes/umf'
import { eventRows } from './archive-events.ts'
import { condensed, regionsOf } from './file-regions.ts'
import type { ArchiveView, BoxTree, ExtensionView, SignatureView } from './inspection.ts'

/** Shown; more make neither a picture nor a list anybody reads. */
const mostRegions = 400
const mostExtensions = 1000
const mostPieces = 1_000_000

/** An archive as the page shows it. @throws UmfError `too-large`, `source` */
export async function viewArchive(
  archive: Archive,
  tree: BoxTree,
  size: number,
  sha256: MakeSha256,
): Promise<ArchiveView> {
  const { state } = archive
  const pieces = state.description.items.reduce((sum, { extents = [] }) => sum + extents.length, 0)
  if (pieces > mostPieces)
    throw new UmfError('too-large', `its items lie in ${pieces} pieces, more than a page can show`)
  const top = tree.boxes.filter(({ depth }) => depth === 0)
  return {
    id: archive.id,
    generation: archive.generation,
    root: hex(state.root),
    hasIndex: state.anchor !== null,
    records: state.records.length,
    metadata: archive.metadata,
    presentation: archive.presentation,
    items: archive.items(),
    idatAt: state.idat.at,
    requires: (state.description.requires ?? []).map(({ for: use, module }) => ({ for: use, module })),
    extensions: extensionsOf(state),
    signatures: await signaturesOf(state, sha256),
    ...(await eventRows(archive)),
    regions: condensed(regionsOf(state, top, size), mostRegions),
  }
}

function extensionsOf({ description }: ArchiveState): ExtensionView[] {
  const all: ExtensionView[] = []
  const owners = [{ item: null, from: description }, ...description.items.map((from) => ({ item: from.name, from }))]
  for (const { item, from } of owners) {
    for (const { name, data } of from.extensions ?? []) {
      if (all.length === mostExtensions) return all
      const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0
      all.push({ name, bytes: (data.length / 4) * 3 - padding, item })
    }
  }
  return all
}

async function signaturesOf(state: ArchiveState, sha256: MakeSha256): Promise<SignatureView[]> {
  const checked = await checkSignatures(state)
  return checked.map(({ isValid: _, key, ...signature }) => {
    const hash = sha256()
    hash.update(Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0)))
    return { ...signature, fingerprint: hex(hash.digest()) }
  })
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
