// Who may read what is in a recording, tried for every caller, item, route, verb and side channel. What is to be answered is
// worked out here from packages/umf/SPEC.md (L1 to L5, P4) and the docs, by other means than the server's.
import type { RecordingView, ResourceList } from '@rushes/protocol'
import { eventsContent, type ItemFields, itemPointer, type NewItem } from '@rushes/umf'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asOwner, bytes, furnished, madeTalk } from './furnished-recordings.ts'
import { startTestDatabase, type TestDatabase } from './postgres-for-tests.ts'
import { openSecondAccount } from './second-account.ts'
import { startTestServer, type TestServer } from './server-for-tests.ts'

type Attributes = Record<string, string[]>
type Secret = { name: string; words: string; level: number; limits: Record<string, unknown> | null; startMs: number }

const levels = [0, 9, 10, 1000]
const limits: Record<string, Record<string, unknown> | null> = {
  open: null,
  staff: { group: ['staff'] },
  'staff or board': { group: ['staff', 'board'] },
  'staff of physics': { group: ['staff'], department: ['physics'] },
  'nobody at all': { group: [] },
  'no list': { group: 'staff' },
}

/** Each is named by what decides over it, and holds words that nothing else does. */
const secrets: Secret[] = levels.flatMap((level) =>
  Object.entries(limits).map(([named, each], index) => ({
    ...{ name: `level ${level}/${named}.vtt`, words: `WORD${level}X${index}WORD`, level, limits: each },
    startMs: level * 1_000_000 + index * 1000,
  })),
)

/** As whom somebody asks: `null` where the recording is not there for them at all, with the status they get then. */
type Asker = {
  name: string
  base: string
  headers: Record<string, string>
  reads: { level: number; attributes: Attributes } | number
}

let database: TestDatabase
let server: TestServer
let recording: RecordingView & { archiveId: string }
let askers: Asker[]
let asker: Record<string, Asker>
/** Items that are open and closed to whom, and how often was asked. */
const tally = new Map<string, { open: number; closed: number; requests: number }>()

/** L1 and L2, once more. */
function isOpenTo({ reads }: Asker, { level, limits }: Pick<Secret, 'level' | 'limits'>): boolean {
  if (typeof reads === 'number') return false
  if (reads.level === 0) return true
  if (reads.level > level) return false
  for (const attribute of Object.keys(limits ?? {})) {
    const wanted = limits![attribute]
    if (!Array.isArray(wanted)) return false
    const own = reads.attributes[attribute] ?? []
    if (!own.some((value) => wanted.includes(value))) return false
  }
  return true
}

const pointerTo = ({ name }: Secret) => `to ${name}`

function items(archiveId: string): NewItem[] {
  const hidden = secrets.map(({ name, words, level, limits, startMs }): NewItem => {
    const fields: ItemFields = {
      name,
      type: 'transcript',
      contentType: 'text/vtt',
      level,
      startMs,
      endMs: startMs + 10,
    }
    const content = bytes(`WEBVTT\n\n00:00.000 --> 00:00.900\n${words}\n`)
    return { item: { ...fields, ...(limits && { limits }) }, content }
  })
  const pointers = secrets.map((secret): NewItem => {
    const item = { name: pointerTo(secret), type: 'data', contentType: 'text/vtt' }
    return { item, pointer: itemPointer(archiveId, secret.name) }
  })
  const events = secrets.map(({ name, startMs }) => ({ t: startMs, kind: 'shown', resource: name, data: {} }))
  const happened = { name: 'happened', type: 'events', contentType: 'application/vnd.umf.events+json' }
  return [...hidden, ...pointers, { item: happened, content: eventsContent(events) }]
}

beforeAll(async () => {
  database = await startTestDatabase()
  server = await startTestServer({ databaseUrl: database.url })
  const talk = await madeTalk()
  recording = await furnished(server, talk, items)
  const owned = `${server.url}/api/v1/recordings/${recording.id}`
  const linked = async (grant?: { level?: number; attributes?: Attributes }) => {
    const { id } = await server.client.share(recording.id, grant)
    return `${server.url}/r/${id}`
  }
  const reader = async (name: string, level: number, attributes: Attributes = {}): Promise<Asker> => {
    return { name, base: await linked({ level, attributes }), headers: {}, reads: { level, attributes } }
  }
  const withdrawn = (await server.client.share(recording.id, { level: 1 })).id
  await server.client.unshare(recording.id, withdrawn)
  const other = await furnished(server, talk, () => [])
  const theirs = `Bearer ${await openSecondAccount(database.kysely)}`
  askers = [
    { name: 'owner', base: owned, headers: asOwner(), reads: { level: 0, attributes: {} } },
    { name: 'another account', base: owned, headers: { authorization: theirs }, reads: 404 },
    { name: 'wrong key', base: owned, headers: { authorization: 'Bearer rk_wrong' }, reads: 401 },
    { name: 'no key', base: owned, headers: {}, reads: 401 },
    { name: 'withdrawn link', base: `${server.url}/r/${withdrawn}`, headers: {}, reads: 404 },
    { name: 'no such link', base: `${server.url}/r/${'A'.repeat(24)}`, headers: {}, reads: 404 },
    { name: 'link', base: recording.shareUrl!, headers: {}, reads: { level: 1000, attributes: {} } },
    await reader('link of staff', 1000, { group: ['staff'] }),
    await reader('link of level 999', 999),
    await reader('link of level 10', 10),
    await reader('link of level 10, board', 10, { group: ['board'] }),
    await reader('link of level 10, staff of physics', 10, { group: ['staff'], department: ['physics', 'maths'] }),
    await reader('link of level 1, staff of maths', 1, { group: ['staff'], department: ['maths'] }),
    await reader('link of level 1, odd attributes', 1, { constructor: ['staff'], toString: ['x'] }),
    // Another recording's link opens nothing of this one, whatever is asked under it.
    { name: "another recording's link", base: other.shareUrl!, headers: {}, reads: { level: 1000, attributes: {} } },
  ]
  asker = Object.fromEntries(askers.map((each) => [each.name, each]))
  // Of everything something is made by the owner, so that there is more to be hidden.
  for (const { name } of secrets) {
    const made = await ask(asker['owner']!, resource(name, '?as=text/plain'))
    if (made.status !== 200) throw new Error(`${made.status} ${await made.text()}`)
  }
}, 280_000)
afterAll(async () => {
  await server.close()
  await database.close()
  report()
})

function report(): void {
  const lines = [...tally].map(([name, { open, closed, requests }]) => {
    return `${name.padEnd(38)} ${String(open).padStart(5)} ${String(closed).padStart(7)} ${String(requests).padStart(9)}`
  })
  process.stdout.write(`\n${'caller'.padEnd(38)}  open  closed  requests\n${lines.join('\n')}\n`)
}

function rowOf({ name }: Asker) {
  const row = tally.get(name) ?? { open: 0, closed: 0, requests: 0 }
  tally.set(name, row)
  return row
}

const encoded = (name: string) => name.split('/').map(encodeURIComponent).join('/')
const resource = (name: string, query = '') => `/resources/${encoded(name)}${query}`

type Probe = { method?: string; query?: string; headers?: Record<string, string>; body?: string }

function ask(asker: Asker, path: string, { method = 'GET', headers: more = {}, body }: Probe = {}) {
  const { base, headers } = asker
  rowOf(asker).requests++
  return fetch(base + path, {
    ...{ method, redirect: 'manual', headers: { 'cache-control': 'max-age=0', ...headers, ...more } },
    ...(body !== undefined && { body }),
  })
}

type Answer = { status: number; headers: [string, string][]; body: string }

/** Everything that a caller sees of an answer; what it has of the path that was asked is set to one word. */
async function answerOf(response: Response, name: string): Promise<Answer> {
  const plain = (text: string) => text.replaceAll(encoded(name), 'NAME').replaceAll(name, 'NAME')
  const headers = [...response.headers].filter(([field]) => field !== 'date' && !field.startsWith('x-ratelimit'))
  return {
    status: response.status,
    headers: headers.map(([field, value]): [string, string] => [field, plain(value)]).sort(),
    body: plain(await response.text()),
  }
}

/** What is tried on each item; `opens` is the answer to whoever may read it. */
const probes: readonly (Probe & { opens: number })[] = [
  { opens: 200 },
  { method: 'HEAD', opens: 200 },
  { headers: { range: 'bytes=0-3' }, opens: 206 },
  { headers: { range: 'bytes=-4' }, opens: 206 },
  { headers: { range: 'bytes=1000000-' }, opens: 416 },
  { method: 'HEAD', headers: { range: 'bytes=0-3' }, opens: 206 },
  { headers: { 'if-none-match': '*' }, opens: 304 },
  { query: '?download', opens: 200 },
  { query: '?pointer=redirect', opens: 200 },
  { query: '?as=text/plain', opens: 200 },
  { method: 'HEAD', query: '?as=text/plain', opens: 200 },
  { query: '?as=text/plain', headers: { range: 'bytes=0-3' }, opens: 206 },
  { query: '?as=audio/mpeg', opens: 406 },
  { query: '?as=text/plain&width=-1', opens: 400 },
  { query: '?as=text/plain&with=happened', opens: 406 },
  { query: '?pointer=nowhere', opens: 400 },
  { method: 'POST', body: 'x', opens: 404 },
  { method: 'PUT', body: 'x', opens: 404 },
  { method: 'PATCH', body: 'x', opens: 404 },
  // The owner is told that only what was made of others can be taken away.
  { method: 'DELETE', opens: 409 },
  { method: 'OPTIONS', opens: 404 },
]

/** Whoever tries link after link is slowed after 120 (decided elsewhere), and so would be all the others here. */
function triedBy({ base, reads }: Asker): readonly Secret[] {
  return reads === 404 && base.includes('/r/') ? secrets.slice(0, 1) : secrets
}

const missingAnswers = new Map<string, Promise<Answer>>()

/** What is answered for a name of that length that nothing has, to the same caller and question. */
function missingAnswer(asker: Asker, name: string, { query = '', opens: _, ...how }: Probe & { opens: number }) {
  const missing = missingAs(name)
  const key = JSON.stringify([asker.name, missing, query, how])
  const known = missingAnswers.get(key)
  if (known !== undefined) return known
  const answer = ask(asker, resource(missing, query), how).then((response) => answerOf(response, missing))
  missingAnswers.set(key, answer)
  return answer
}

/** Of the same length, since an answer may tell how long the question was. */
const missingAs = (name: string) => `${'z'.repeat(name.length - 4)}.vtt`

describe('[L1, L2, L3] an item', () => {
  it('is answered to each caller as the rules say, and one that is closed as one that is not there', async () => {
    for (const each of askers) {
      const isThere = each.name !== "another recording's link"
      for (const secret of triedBy(each)) {
        const { name, words } = secret
        const isOpen = isThere && isOpenTo(each, secret)
        rowOf(each)[isOpen ? 'open' : 'closed']++
        await Promise.all(
          probes.map(async (probe) => {
            const { query = '', opens, ...how } = probe
            const answer = await answerOf(await ask(each, resource(name, query), how), name)
            const about = [each.name, name, how.method ?? 'GET', query, JSON.stringify(how.headers ?? {})]
            if (isOpen) {
              const wanted = how.method === 'DELETE' && each.base.includes('/r/') ? 404 : opens
              expect([...about, answer.status]).toEqual([...about, wanted])
              const isWhole = answer.status === 200 && how.method !== 'HEAD'
              expect([...about, answer.body.includes(words)]).toEqual([...about, isWhole])
              return
            }
            expect([...about, answer]).toEqual([...about, await missingAnswer(each, name, probe)])
            expect(answer.body).not.toContain(words)
          }),
        )
      }
    }
  }, 280_000)

  it('[P4] is not reached by what points to it', async () => {
    for (const each of askers.filter(({ reads, name }) => typeof reads !== 'number' && !name.startsWith('another'))) {
      for (const secret of secrets) {
        const name = pointerTo(secret)
        const isOpen = isOpenTo(each, secret)
        for (const [query, opens] of [
          ['', 200],
          ['?pointer=redirect', 307],
        ] as const) {
          const answer = await answerOf(await ask(each, resource(name, query)), name)
          if (isOpen) {
            expect([each.name, name, query, answer.status]).toEqual([each.name, name, query, opens])
            continue
          }
          const missing = missingAs(name)
          const none = await answerOf(await ask(each, resource(missing, query)), missing)
          expect([each.name, name, query, answer]).toEqual([each.name, name, query, none])
        }
      }
    }
  }, 280_000)

  it('is in no list, count, page, time span or event of whoever may not read it', async () => {
    for (const each of askers) {
      const first = await ask(each, '/resources')
      if (typeof each.reads === 'number') {
        expect([each.name, first.status]).toEqual([each.name, each.reads])
        continue
      }
      if (each.name.startsWith('another')) continue
      const all = (await first.json()) as ResourceList
      const open = secrets.filter((secret) => isOpenTo(each, secret))
      const shown = all.resources.filter(({ type, from }) => type === 'transcript' && from === undefined)
      expect(shown.map(({ name }) => name)).toEqual(open.map(({ name }) => name))
      const derived = all.resources.flatMap(({ from }) => (from === undefined ? [] : [from.items]))
      expect(derived.flat().sort()).toEqual(open.map(({ name }) => name).sort())
      const pointers = all.resources.flatMap(({ pointer, name }) => (pointer === undefined ? [] : [name]))
      expect(pointers).toEqual(open.map(pointerTo))
      // The presentation, the events, and three of each that is open.
      expect([each.name, all.count, all.resources.length]).toEqual([
        each.name,
        2 + 3 * open.length,
        2 + 3 * open.length,
      ])
      const events = (await (await ask(each, '/resources?event=shown')).json()) as ResourceList
      expect(events.resources.map(({ name }) => name)).toEqual(open.map(({ name }) => name))
      for (const secret of secrets) {
        const { name, startMs } = secret
        const queries = [`name=${encodeURIComponent(name)}`, `type=transcript&fromMs=${startMs}&toMs=${startMs}`]
        const span = `event=shown&fromMs=${startMs}&toMs=${startMs}`
        for (const query of [...queries, span]) {
          const found = (await (await ask(each, `/resources?${query}`)).json()) as ResourceList
          const names = found.resources.filter(({ from }) => from === undefined).map((one) => one.name)
          expect([each.name, query, names]).toEqual([each.name, query, isOpenTo(each, secret) ? [name] : []])
          if (names.length === 0) expect([query, found.count, found.next]).toEqual([query, 0, null])
        }
      }
    }
  }, 280_000)

  it('[L5] leaves no word of it, nor its name, in any file, page or answer for whoever may not read it', async () => {
    const paths = ['/file.umf', '/file.mp4', '/file.webm', '/timeline', '/chapters.vtt', '/resources', '']
    for (const each of askers) {
      for (const path of paths) {
        const text = Buffer.from(await (await ask(each, path)).arrayBuffer()).toString('latin1')
        for (const secret of secrets.filter((one) => !isOpenTo(each, one) || each.name.startsWith('another'))) {
          for (const words of [secret.words, secret.name, encoded(secret.name)]) {
            expect([each.name, path, words, text.includes(words)]).toEqual([each.name, path, words, false])
          }
        }
      }
    }
  }, 120_000)
})

describe('[L4] what is made', () => {
  it('of several is for whoever meets the limits of all, and is refused before anything is made for others', async () => {
    const staff = secrets.find(({ name }) => name === 'level 10/staff.vtt')!
    const before = await madeCount()
    for (const each of askers.filter(({ reads }) => typeof reads !== 'number')) {
      for (const secret of secrets) {
        if (each.name.startsWith('another') || isOpenTo(each, secret)) continue
        const others = [
          `?as=text/plain&with=${encodeURIComponent(secret.name)}`,
          `?as=video/mp4&with=${encodeURIComponent(secret.name)}`,
        ]
        const known = isOpenTo(each, staff) ? staff.name : 'happened'
        for (const query of others) {
          const answer = await ask(each, resource(known, query))
          expect([each.name, query, answer.status]).toEqual([each.name, query, 404])
        }
      }
    }
    expect(await madeCount()).toBe(before)
  }, 120_000)

  it('of what is hidden changes nothing that others see', async () => {
    const link = asker['link']!
    const see = async () => {
      const file = await ask(link, '/file.umf', { method: 'HEAD' })
      return [
        file.headers.get('etag'),
        await (await ask(link, '/resources')).text(),
        await (await ask(link, '/timeline')).text(),
      ]
    }
    const before = await see()
    const closed = secrets.find(({ level }) => level === 0)!
    const made = await ask(asker['owner']!, resource(closed.name, '?as=application/x-subrip'))
    expect(made.status).toBe(200)
    expect(await see()).toEqual(before)
  })

  it('has the strictest of the limits that it was made from', async () => {
    const all = (await (await ask(asker['owner']!, '/resources')).json()) as ResourceList
    const named = new Map(all.resources.map((each) => [each.name, each]))
    for (const { level, limits, from } of all.resources) {
      if (from === undefined) continue
      const [source] = from.items.map((name) => named.get(name)!)
      expect(level).toBe(source!.level)
      const asLists = Object.entries(source!.limits ?? {}).map(([key, value]) => [
        key,
        Array.isArray(value) ? value : [],
      ])
      expect(limits ?? {}).toEqual(Object.fromEntries(asLists))
    }
  })
})

describe('the time', () => {
  it('that a closed item takes is that of one that is not there, by order of magnitude', async () => {
    const link = asker['link']!
    const closed = secrets.find(({ level }) => level === 0)!.name
    const times: Record<'closed' | 'missing', number[]> = { closed: [], missing: [] }
    for (let round = 0; round < 60; round++) {
      for (const [kind, name] of [
        ['closed', closed],
        ['missing', missingAs(closed)],
      ] as const) {
        const began = performance.now()
        await (await ask(link, resource(name, '?as=text/plain'))).text()
        times[kind].push(performance.now() - began)
      }
    }
    const median = (values: number[]) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)]!
    const ratio = median(times.closed) / median(times.missing)
    process.stdout.write(
      `\nmedian of a closed item ${median(times.closed).toFixed(2)} ms, of none ${median(times.missing).toFixed(2)} ms\n`,
    )
    expect(ratio).toBeGreaterThan(0.1)
    expect(ratio).toBeLessThan(10)
  })
})

async function madeCount(): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) from derived_items`.execute(database.kysely)
  return Number(rows[0]!.count)
}
