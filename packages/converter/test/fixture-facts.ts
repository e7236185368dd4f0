// The archives of other people's systems, and what was measured of them, where they are there.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { claimedEvents } from '../src/families/claimed-events.ts'
import type { Reading } from '../src/families/family.ts'
import { foundInput } from '../src/input/input-folder.ts'

const root = process.env['RUSHES_FIXTURES'] ?? join(import.meta.dirname, '../../../../shared/fixtures')

export type FixtureFacts = { file: string; kind: string; facts: Record<string, unknown> }

/** None where the fixtures are not there. */
export const fixtureFacts: FixtureFacts[] = existsSync(join(root, 'MANIFEST.json'))
  ? (JSON.parse(readFileSync(join(root, 'MANIFEST.json'), 'utf8')) as { files: FixtureFacts[] }).files
  : []

export const fixturePath = (file: string): string => join(root, file)

/** What the family of the most weight reads in a folder or file. */
export async function readFixture(file: string): Promise<Reading> {
  const { files } = await foundInput(fixturePath(file))
  const [best] = await claimedEvents(files)
  if (best === undefined) throw new Error(`nobody knows ${file}`)
  return await best.family.read(files, best.claim)
}
