// A bulk export of Mattermost: a line of JSON for each thing, of which the first tells the version.
import type { TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import { type FoundFile, readStart, readText } from '../../input/found-file.ts'
import { type Claim, type Family, filesBelow, type Reading } from '../family.ts'

const mostBytes = 256 * 1024 * 1024
const mostPosts = 500_000

const said = z.looseObject({ user: z.string(), message: z.string(), create_at: z.number().min(0) })
const post = said.extend({ team: z.string().optional(), channel: z.string().optional() })
const line = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('post'), post: post.extend({ replies: z.array(said).nullish() }) }),
  z.looseObject({ type: z.literal('direct_post'), direct_post: said.extend({ replies: z.array(said).nullish() }) }),
  z.looseObject({ type: z.literal('user'), user: z.looseObject({ username: z.string() }) }),
])

type Post = { user: string; message: string; createdAt: number; channel: string | null }

export const mattermost: Family = {
  format: 'mattermost',

  async claims(files) {
    const claims: Claim[] = []
    for (const file of files) {
      if (await isExport(file)) claims.push({ root: file.name.slice(0, file.name.lastIndexOf('/') + 1) })
    }
    return claims
  },

  async read(files, { root }) {
    for (const file of filesBelow(files, root)) {
      if (await isExport(file)) return readExport(await readText(file, mostBytes))
    }
    throw new Error('what was claimed is gone')
  },
}

async function isExport(file: FoundFile): Promise<boolean> {
  if (file.kind !== 'application/json') return false
  const [first = ''] = Buffer.from(await readStart(file, 4096))
    .toString('utf8')
    .split('\n')
  return /^\{\s*"type"\s*:\s*"version"/.test(first.trim()) && /"version"\s*:\s*\d/.test(first)
}

/** Lines that can't be read, and those of other things, are passed over. */
export function readExport(text: string): Reading {
  const posts: Post[] = []
  const people: string[] = []
  for (const each of text.split('\n')) {
    const found = each.trim() === '' ? null : parsedLine(each)
    if (found === null || posts.length >= mostPosts) continue
    if (found.type === 'user') people.push(found.user.username)
    else {
      const first = found.type === 'post' ? found.post : found.direct_post
      const channel = found.type === 'post' ? (found.post.channel ?? null) : null
      for (const { user, message, create_at: createdAt } of [first, ...(first.replies ?? [])]) {
        posts.push({ user, message, createdAt, channel })
      }
    }
  }
  const firstMs = posts.reduce((least, { createdAt }) => Math.min(least, createdAt), Number.POSITIVE_INFINITY)
  const events = posts.flatMap(({ user, message, createdAt, channel }): TimelineEvent[] => {
    if (message.trim() === '') return []
    return [
      {
        t: createdAt - firstMs,
        kind: 'chat',
        data: { sender: user, text: message.trim(), ...(channel !== null && { channel }) },
      },
    ]
  })
  return {
    format: 'mattermost',
    metadata: {
      ...(Number.isFinite(firstMs) && { started: new Date(firstMs).toISOString() }),
      attendees: people.map((name) => ({ name })),
    },
    ...{ kept: null, tracks: [], decks: [], files: new Map(), notes: [] },
    events: events.sort((left, right) => left.t - right.t),
  }
}

function parsedLine(text: string): z.infer<typeof line> | null {
  try {
    return line.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
