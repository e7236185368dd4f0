import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { checkArchive, openArchive, openEditor, type Source } from '../../packages/umf/src/index.ts'
import { openFile, nodeSha256 as sha256 } from '../../packages/umf/src/node.ts'
import { MemoryFile } from '../../packages/umf/test/memory-file.ts'
import { videoFrames } from '../input-media.ts'
import type { Witnessed } from './editor-process.ts'
import { type Held, nothingHeld, type PlannedStep, plannedEdit } from './planned-edits.ts'

export type ArchiveVerdict = {
  /** After which edit the archive is; null: after none. */
  found: number | null
  lostBytes: number
  problems: string[]
}

/** What edits of a seed come to, each computed once. */
export class PlannedHistory {
  readonly seed: number
  readonly #steps: PlannedStep[] = [{ plan: { kind: 'index' }, after: nothingHeld, bytes: 0 }]

  constructor(seed: number) {
    this.seed = seed
  }

  step(number: number): PlannedStep {
    while (this.#steps.length <= number) {
      this.#steps.push(plannedEdit(this.seed, this.#steps.length, this.#steps.at(-1)!.after))
    }
    return this.#steps[number]!
  }

  bytes(from: number, to: number): number {
    let sum = 0
    for (let number = from; number <= to; number++) sum += this.step(number).bytes
    return sum
  }
}

/**
 * What a machine that died has left of an archive: it has to be as after the last edit that was acknowledged, or as after the
 * one that was begun; play as before; and be edited on.
 */
export async function judgeArchive(
  path: string,
  history: PlannedHistory,
  { done, begun }: Witnessed,
  frames: readonly string[],
): Promise<ArchiveVerdict> {
  const problems: string[] = []
  let seen: string
  try {
    const file = await openFile(path)
    seen = await heldText(file).finally(() => file.close())
  } catch (fault) {
    return { found: null, lostBytes: history.bytes(1, done), problems: [`it does not open: ${String(fault)}`] }
  }
  const matches = (number: number) => textOf(history.step(number).after) === seen
  let found: number | null = null
  for (let number = begun; number >= 0 && found === null; number--) if (matches(number)) found = number
  if (found === null)
    return {
      found,
      lostBytes: 0,
      problems: [`neither as after edit ${done} nor as after edit ${begun}: ${seen.slice(0, 500)}`],
    }
  // Edits that change nothing a reader sees, such as writing an index, can't be told apart.
  if (found < done) problems.push(`${done - found} edits that were acknowledged are lost`)
  const pictures = await videoFrames(path).catch((fault: unknown) => [String(fault)])
  if (pictures.join() !== frames.join())
    problems.push(`it plays ${pictures.length} pictures, not the same ${frames.length}`)
  problems.push(...(await goesOn(new MemoryFile(readFileSync(path)), seen)))
  return { found, lostBytes: found < done ? history.bytes(found + 1, done) : 0, problems }
}

/** On a copy: the archive is mended, clean, and can be edited. */
async function goesOn(file: MemoryFile, seen: string): Promise<string[]> {
  try {
    const editor = await openEditor(file, sha256)
    const mended = (await checkArchive(file, { sha256 })).problems
    if (mended.length > 0) return [`not clean after it was mended: ${JSON.stringify(mended[0])}`]
    if ((await heldText(file)) !== seen) return ['mended to another state']
    const item = { name: 'of the judge', type: 'data', contentType: 'text/plain' }
    await editor.edit({ put: [{ item, content: new Uint8Array(100) }] })
    const { problems } = await checkArchive(file, { sha256 })
    return problems.length > 0 ? [`not clean after the next edit: ${JSON.stringify(problems[0])}`] : []
  } catch (fault) {
    return [`it can't be edited on: ${fault instanceof Error ? fault.stack : String(fault)}`]
  }
}

/** What a reader sees of an archive, read through. */
async function heldText(source: Source): Promise<string> {
  const archive = await openArchive(source, { sha256 })
  const items = new Map<string, { sha256: string; bytes: number; title: string }>()
  for (const { name, title = '' } of archive.items()) {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const piece of archive.content(name)) {
      hash.update(piece)
      bytes += piece.length
    }
    items.set(name, { sha256: hash.digest('hex'), bytes, title })
  }
  return textOf({ items, title: (archive.metadata['title'] as string | undefined) ?? null })
}

function textOf({ items, title }: Held): string {
  return JSON.stringify([[...items].sort(([left], [right]) => (left < right ? -1 : 1)), title])
}
