import { createHash } from 'node:crypto'
import { nameProblem } from '@rushes/umf'
import { baseName } from './found-file.ts'

/**
 * A name that may be an item's: one of archives within archives can become longer than that. Then it is its end, behind a digest of
 * the whole, so that no two become one.
 */
export function fittingName(name: string): string {
  if (nameProblem(name) === null) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16)
  const short = `deep/${digest}/${[...baseName(name)].slice(-48).join('')}`
  return nameProblem(short) === null ? short : `deep/${digest}/file`
}
