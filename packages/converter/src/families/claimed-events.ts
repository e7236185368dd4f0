import { ConvertError } from '../convert-error.ts'
import type { FoundFile } from '../input/found-file.ts'
import { families } from './families.ts'
import type { Claim, Family } from './family.ts'

export type ClaimedEvent = { family: Family; claim: Claim }

/** All but what lies within something that is one whole. */
function uncovered(claims: readonly ClaimedEvent[]): ClaimedEvent[] {
  const wholes = claims.filter(({ family }) => family.isWhole).map(({ claim }) => claim.root)
  return claims.filter(({ family, claim }) => family.isWhole || !wholes.some((root) => claim.root.startsWith(root)))
}

/**
 * What families claim, the most bytes first: an event has those files below its root that are below no other's within. Whoever
 * takes everything comes last.
 */
export async function claimedEvents(files: readonly FoundFile[]): Promise<ClaimedEvent[]> {
  const claims: ClaimedEvent[] = []
  for (const family of families) {
    // Names of what was cut out are ours; families go by names among what they know by content.
    const given = family.isFallback ? files : files.filter(({ piece }) => piece === undefined)
    for (const claim of await claimsOf(family, given)) claims.push({ family, claim })
  }
  const roots = uncovered(claims)
    .filter(({ family }) => !family.isFallback)
    .map(({ claim }) => claim.root)
  const weights = new Map<string, number>()
  for (const { name, size } of files) {
    const within = roots.filter((root) => name.startsWith(root))
    const own = within.reduce((longest, root) => (root.length > longest.length ? root : longest), '')
    weights.set(own, (weights.get(own) ?? 0) + size)
  }
  const rank = ({ family, claim }: ClaimedEvent): number => (family.isFallback ? -1 : (weights.get(claim.root) ?? 0))
  return uncovered(claims).sort((left, right) => rank(right) - rank(left))
}

/** None of what can't be read: it is no event of theirs, or a bomb that looks like one. */
async function claimsOf(family: Family, files: readonly FoundFile[]): Promise<Claim[]> {
  try {
    return await family.claims(files)
  } catch (error) {
    if (error instanceof ConvertError) return []
    throw error
  }
}
