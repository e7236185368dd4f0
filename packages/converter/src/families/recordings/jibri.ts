// A recording of Jibri: one video, and beside it metadata.json with where the meeting was and who was there.
import { z } from 'zod'
import { type FoundFile, folderOf, readText } from '../../input/found-file.ts'
import { type Claim, type Family, filesBelow } from '../family.ts'
import { recordings } from './recordings.ts'

const mostBytes = 4 * 1024 * 1024

/** Participants are often none, and of whatever form the meeting's server gives them. */
const schema = z.looseObject({ meeting_url: z.string(), participants: z.array(z.unknown()).max(100_000).nullable() })
const named = z.looseObject({ name: z.string() })
const participant = z.union([
  z.string().transform((name) => ({ name })),
  z.looseObject({ user: named }).transform(({ user }) => user),
  named,
])

export const jibri: Family = {
  format: 'jibri',

  async claims(files) {
    const claims: Claim[] = []
    for (const file of files) {
      if ((await metadataOf(file)) === null) continue
      const folder = folderOf(file.name)
      const root = folder === '' ? '' : `${folder}/`
      claims.push({ root })
    }
    return claims
  },

  async read(files, claim) {
    const own = filesBelow(files, claim.root)
    const reading = await recordings.read(own, claim)
    for (const file of own) {
      const metadata = await metadataOf(file)
      if (metadata === null) continue
      const names = (metadata.participants ?? []).flatMap((each) => participant.safeParse(each).data?.name || [])
      return {
        ...{ ...reading, format: 'jibri' },
        metadata: {
          ...reading.metadata,
          ...{ place: { url: metadata.meeting_url }, attendees: names.map((name) => ({ name })) },
          source: { system: 'Jibri', metadata },
        },
      }
    }
    return reading
  },
}

async function metadataOf(file: FoundFile): Promise<z.infer<typeof schema> | null> {
  if (file.kind !== 'application/json' || file.size > mostBytes) return null
  try {
    return schema.safeParse(JSON.parse(await readText(file, mostBytes))).data ?? null
  } catch {
    return null
  }
}
