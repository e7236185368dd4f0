// What is to be packed, decided before a byte is written: which file is which item, in which order, described how.
import { lstat, open, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { eventsContent, type ItemFields, withOrigin } from '@rushes/umf'
import { CommandError } from '../output.ts'
import { contentTypeOf, itemTypeOf } from './content-types.ts'
import { type FolderManifest, MANIFEST, type ManifestItem, parseManifest } from './folder-manifest.ts'
import { type FoundFile, foundFiles } from './found-files.ts'
import type { Note } from './resources.ts'

export type PlannedItem = { item: ItemFields } & (
  | { file: FoundFile; inline: boolean }
  | { bytes: Uint8Array; inline: boolean }
  | { pointer: string; length?: number; digest?: string }
)

/** A file that may become the main presentation. */
export type Candidate = { file: FoundFile; fields: Record<string, unknown> | null; isMust: boolean }

export type PackPlan = {
  /** Of an archive that this was before; null: a new one. */
  keptId: string | null
  metadata: Record<string, unknown>
  members: Record<string, unknown>
  boxes: { type: string; content: Uint8Array }[]
  /** Of which the first that can be is. */
  candidates: Candidate[]
  items: PlannedItem[]
  notes: Note[]
}

export type PlanOptions = {
  /** The main presentation; false for none; else the largest that can be. */
  video?: string | false
  /** What is being written, which may lie in the folder. */
  output: string | null
  /** What was an archive before becomes another one. */
  newId?: boolean
}

const mostManifestBytes = 256 * 1024 * 1024
const presentable = /^(video|audio)\/(mp4|webm|quicktime|x-m4v|x-m4a|x-matroska|matroska)$/

/** @throws CommandError */
export async function planPack(
  paths: readonly string[],
  { video, output, newId = false }: PlanOptions,
): Promise<PackPlan> {
  const found = await foundFiles(paths, output)
  const folder = paths.length === 1 && (await stat(paths[0]!)).isDirectory() ? paths[0]! : null
  const manifest = folder === null ? null : await readManifest(folder, found.files)
  const main = await mainFile(video, folder, manifest, found.files)
  const listed = manifest === null ? [] : await listedItems(manifest, folder!, found.files)
  const used = new Set(listed.flatMap((planned) => ('file' in planned ? [resolve(planned.file.path)] : [])))
  if (main !== null) used.add(resolve(main.file.path))
  if (manifest !== null) used.add(resolve(folder!, MANIFEST))
  const names = new Set(listed.map(({ item }) => item.name))
  const others = found.files.filter(({ path }) => !used.has(resolve(path)))
  const clash = others.find(({ name }) => names.has(name))
  if (clash !== undefined)
    throw new CommandError('name-taken', `${MANIFEST} names another file ${JSON.stringify(clash.name)}`)
  const items = [...listed, ...others.map(plannedFile)]
  const { metadata = {} } = manifest ?? {}
  return {
    keptId: newId ? null : (manifest?.id ?? null),
    metadata: newId && manifest?.id ? withOrigin(metadata, { id: manifest.id, by: 'pack' }) : metadata,
    members: manifest?.members ?? {},
    boxes: (manifest?.boxes ?? []).map(({ type, data }) => ({ type, content: Buffer.from(data, 'base64') })),
    candidates: main === null ? (video === false ? [] : candidatesAmong(others)) : [main],
    items,
    notes: found.notes,
  }
}

function plannedFile(file: FoundFile): PlannedItem {
  const contentType = contentTypeOf(file.name)
  return { item: { name: file.name, type: itemTypeOf(contentType), contentType }, file, inline: false }
}

async function readManifest(folder: string, files: readonly FoundFile[]): Promise<FolderManifest | null> {
  const own = files.find(({ name }) => name === MANIFEST)
  if (own === undefined) return null
  if (own.size > mostManifestBytes) throw new CommandError('bad-manifest', `${join(folder, MANIFEST)} is too large`)
  await using handle = await open(own.path, 'r')
  return parseManifest(await handle.readFile('utf8'), join(folder, MANIFEST))
}

async function mainFile(
  video: PlanOptions['video'],
  folder: string | null,
  manifest: FolderManifest | null,
  files: readonly FoundFile[],
): Promise<Candidate | null> {
  if (video === false) return null
  const fields = manifest?.presentation?.item ?? null
  if (video === undefined) {
    if (!manifest?.presentation) return null
    return { file: await fileOf(folder!, manifest.presentation.file, files), fields, isMust: true }
  }
  const known = files.find(({ path }) => resolve(path) === resolve(video))
  if (known !== undefined) return { file: known, fields, isMust: true }
  const [file] = (await foundFiles([video])).files
  if (file === undefined) throw new CommandError('no-such-file', `${video} is no file`)
  return { file, fields, isMust: true }
}

/** Video before sound, the larger first. */
function candidatesAmong(files: readonly FoundFile[]): Candidate[] {
  return files
    .map((file) => ({ file, contentType: contentTypeOf(file.name) }))
    .filter(({ contentType }) => presentable.test(contentType))
    .sort((left, right) => {
      const kinds = Number(right.contentType.startsWith('video/')) - Number(left.contentType.startsWith('video/'))
      return kinds === 0 ? right.file.size - left.file.size : kinds
    })
    .map(({ file }) => ({ file, fields: null, isMust: false }))
}

async function listedItems(
  { items = [] }: FolderManifest,
  folder: string,
  files: readonly FoundFile[],
): Promise<PlannedItem[]> {
  const byName = new Map(files.map((file) => [file.name, file]))
  return await Promise.all(items.map((entry) => listedItem(entry, folder, byName)))
}

async function listedItem(
  { item, file, inline = false, events, pointer, length, digest }: ManifestItem,
  folder: string,
  files: ReadonlyMap<string, FoundFile>,
): Promise<PlannedItem> {
  if (events !== undefined) return { item, bytes: eventsContent(events), inline }
  if (pointer !== undefined) {
    return { item, pointer, ...(length !== undefined && { length }), ...(digest !== undefined && { digest }) }
  }
  const path = file ?? item.name
  return { item, file: files.get(path) ?? (await fileBelow(folder, path)), inline }
}

async function fileOf(folder: string, path: string, files: readonly FoundFile[]): Promise<FoundFile> {
  return files.find(({ name }) => name === path) ?? (await fileBelow(folder, path))
}

/** A file that is listed but was not found: a hidden one. Links lead out of the folder, and are not followed. */
async function fileBelow(folder: string, name: string): Promise<FoundFile> {
  const path = join(folder, name)
  const standing = await lstat(path).catch(() => null)
  if (standing?.isFile() !== true || (await realpath(path)) !== join(await realpath(folder), name))
    throw new CommandError('no-such-file', `${MANIFEST} lists ${name}, which is no file in ${folder}`)
  return { path, name, size: standing.size }
}
