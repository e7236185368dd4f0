// An export of Slack: a folder for each channel, in it a file of messages for each day, and lists of people beside.
import type { TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import { baseName, type FoundFile, folderOf, readText } from '../../input/found-file.ts'
import { type Claim, type Family, filesBelow, type Reading } from '../family.ts'

const mostBytes = 64 * 1024 * 1024
const mostMessages = 500_000

const message = z.looseObject({
  type: z.literal('message'),
  /** Seconds since 1970, and microseconds. */
  ts: z.string().regex(/^\d{9,11}\.\d{1,6}$/),
  text: z.string().optional(),
  user: z.string().optional(),
  username: z.string().optional(),
  /** Who wrote, in exports of channels alone. */
  user_profile: z.looseObject({ real_name: z.string().nullish(), display_name: z.string().nullish() }).optional(),
})
const day = z.array(z.looseObject({ type: z.string(), ts: z.string().optional() })).max(mostMessages)
const people = z.array(
  z.looseObject({
    id: z.string(),
    name: z.string().optional(),
    real_name: z.string().nullish(),
    profile: z.looseObject({ real_name: z.string().nullish(), display_name: z.string().nullish() }).nullish(),
  }),
)

export const slack: Family = {
  format: 'slack',

  async claims(files) {
    const claims: Claim[] = []
    for (const file of files) {
      if ((await messagesOf(file)).length === 0) continue
      // The folder of the channel lies in that of the export.
      const root = parentOf(folderOf(file.name))
      if (!claims.some((claim) => claim.root === root)) claims.push({ root })
    }
    return claims
  },

  async read(files, { root }) {
    const own = filesBelow(files, root)
    const names = new Map<string, string>()
    const messages: (z.infer<typeof message> & { channel: string })[] = []
    for (const file of own) {
      for (const { id, name, real_name: real, profile } of await peopleOf(file)) {
        names.set(id, profile?.real_name || real || profile?.display_name || name || id)
      }
      const channel = baseName(folderOf(file.name))
      for (const each of await messagesOf(file)) messages.push({ ...each, channel })
    }
    return readMessages(messages, names)
  },
}

function readMessages(
  messages: readonly (z.infer<typeof message> & { channel: string })[],
  names: ReadonlyMap<string, string>,
): Reading {
  // Seconds and microseconds in one number are more digits than it has.
  const at = (ts: string): number => Number(ts.split('.')[0]) * 1000 + Number(`0.${ts.split('.')[1]}`) * 1000
  const firstMs = messages.reduce((least, { ts }) => Math.min(least, at(ts)), Number.POSITIVE_INFINITY)
  const events = messages.flatMap((each): TimelineEvent[] => {
    const { ts, text = '', user = '', username, user_profile: profile, channel } = each
    if (text.trim() === '') return []
    const sender = names.get(user) ?? (profile?.real_name || profile?.display_name || username || user)
    const t = Math.round((at(ts) - firstMs) * 1000) / 1000
    return [
      { t, kind: 'chat', data: { sender, text: plainText(text.trim(), names), ...(channel !== '' && { channel }) } },
    ]
  })
  return {
    format: 'slack',
    metadata: {
      ...(Number.isFinite(firstMs) && { started: new Date(firstMs).toISOString() }),
      attendees: [...names].map(([id, name]) => ({ id, name })),
    },
    ...{ kept: null, tracks: [], decks: [], files: new Map(), notes: [] },
    events: events.sort((left, right) => left.t - right.t),
  }
}

/**
 * Its own marks: people, channels, groups and links stand between `<` and `>`, with how they are shown behind a bar; these three letters
 * alone are written as entities.
 */
function plainText(text: string, names: ReadonlyMap<string, string>): string {
  return text
    .replaceAll(/<([@#!]?)([^\s<>|]{1,2000})(?:\|([^<>]{0,2000}))?>/g, (_, sign: string, what: string, shown = '') => {
      if (sign === '@') return `@${names.get(what) ?? (shown || what)}`
      if (sign === '#') return `#${shown || what}`
      if (sign === '!') return shown || `@${what.replace(/\^.*$/s, '')}`
      return shown === '' || shown === what ? what : `${shown} (${what})`
    })
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

async function listOf(file: FoundFile): Promise<unknown> {
  if (file.kind !== 'application/json' || file.size > mostBytes) return null
  try {
    return JSON.parse(await readText(file, mostBytes))
  } catch {
    return null
  }
}

/** None where it is no such file. */
async function messagesOf(file: FoundFile): Promise<z.infer<typeof message>[]> {
  const parsed = day.safeParse(await listOf(file))
  if (!parsed.success) return []
  return parsed.data.flatMap((each) => message.safeParse(each).data ?? [])
}

async function peopleOf(file: FoundFile): Promise<z.infer<typeof people>> {
  return baseName(file.name) === 'users.json' ? (people.safeParse(await listOf(file)).data ?? []) : []
}

function parentOf(folder: string): string {
  const parent = folderOf(folder)
  return parent === '' ? '' : `${parent}/`
}
