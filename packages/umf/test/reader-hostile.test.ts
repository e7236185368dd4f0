// SPEC.md, Bounds: whatever a file says, reading it ends, costs what its length allows, and throws UmfError or nothing.
import { describe, expect, it } from 'vitest'
import { randomSource } from '../../../drill/random-source.ts'
import { box, joined } from '../src/box.ts'
import { bytesSource, httpSource } from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { openState } from '../src/state.ts'
import { UmfError } from '../src/umf-error.ts'
import { completeArchives } from './complete-archives.ts'
import { freshArchive } from './edit-history.ts'
import { reindexed, withPayload } from './hand-made.ts'
import { hostileArchive, hostileNames } from './hostile-archives.ts'
import { readHostile } from './hostile-reading.ts'

/** How long the search goes on. */
const SECONDS = Number(process.env['RUSHES_FUZZ_SECONDS'] ?? 6)
const seed = Number(process.env['RUSHES_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const archives = (await completeArchives()).map(({ bytes }) => bytes)

describe('a hostile file', () => {
  it(
    `that was altered anywhere, digests and all, is read within bounds or refused, RUSHES_SEED=${seed}`,
    async () => {
      const until = performance.now() + SECONDS * 1000
      let files = 0
      let opened = 0
      for (; files < 50 || performance.now() < until; files++) {
        const random = randomSource(seed + files)
        const originals = random.chance(0.3) ? [await freshArchive(random)] : archives
        const file = await hostileArchive(originals, random)
        const isOpened = await readHostile(file).catch((fault: Error) => {
          throw new Error(`RUSHES_SEED=${seed + files}: ${fault.message}`)
        })
        if (isOpened) opened++
      }
      console.log(`${files} hostile files, of which ${opened} open, seed ${seed}`)
      // What is refused at the door tells nothing of what is behind it.
      expect(opened).toBeGreaterThan(files / 10)
    },
    SECONDS * 1000 + 60_000,
  )

  it.each(hostileNames)('[E1] with an item named %j is refused, or its name is harmless', async (name) => {
    const made = await reindexed(archives[0]!, ({ items }) => {
      items[0]!.name = name
    })
    const state = await openState(bytesSource(made), sha256).catch((fault: UmfError) => fault)
    if (state instanceof UmfError) expect(state.code).toBe('malformed')
    else expect(name).toMatch(/^[\w%/]+$/)
    await readHostile(made)
  })

  it.each([
    ['a member twice', '"level":0,"level":1000'],
    ['a member twice, written in two ways', '"level":0,"lev\\u0065l":1000'],
    ['a member __proto__', '"__proto__":{"level":0}'],
    ['a member __proto__, with escapes', '"\\u005f_proto__":{"level":0}'],
  ])('[I5] whose description has %s is refused', async (_, members) => {
    const made = await reindexed(archives[0]!, ({ metadata }) => {
      metadata['x'] = '@'
    })
    const { anchor } = await openState(bytesSource(made), sha256)
    const payload = Buffer.from(made.subarray(anchor!.indexOffset + 8, anchor!.indexOffset + anchor!.indexSize))
    const at = payload.indexOf('umfx') - 4
    const json = payload
      .subarray(at + 8)
      .toString()
      .replace('"x":"@"', `"x":{${members}}`)
    const other = joined([payload.subarray(0, at), box('umfx', Buffer.from(json))])
    const file = withPayload(made.subarray(0, anchor!.indexOffset), other, {
      id: anchor!.id,
      generation: anchor!.generation,
    })
    await expect(openState(bytesSource(file), sha256)).rejects.toMatchObject({ code: 'malformed' })
  })

  it.each([
    ['a status', { status: 200 }],
    ['no range', { range: '' }],
    ['a range of more', { range: 'bytes 0-99999999/100000000' }],
    ['a range past its end', { range: 'bytes 5-20/10' }],
    ['a range backwards', { range: 'bytes 20-5/100' }],
    ['a size that no number holds', { range: `bytes 0-65535/${'9'.repeat(16)}` }],
    ['less than it said', { range: 'bytes 0-999/1000' }],
    ['a connection that breaks', { breaks: true }],
  ] as [string, { status?: number; range?: string; breaks?: boolean }][])(
    'from a server that answers with %s is refused',
    async (_, { status = 206, range = 'bytes 0-65535/65536', breaks = false }) => {
      let pulls = 0
      const body = new ReadableStream({
        pull(controller) {
          if (breaks && ++pulls === 2) controller.error(new TypeError('terminated'))
          else if (!breaks && ++pulls > 3) controller.close()
          else controller.enqueue(new Uint8Array(100))
        },
      })
      const answer = new Response(body, { status, headers: range === '' ? {} : { 'content-range': range } })
      const fault: unknown = await httpSource('http://localhost/', { fetch: async () => answer }).catch(
        (each: unknown) => each,
      )
      expect(fault).toBeInstanceOf(UmfError)
      expect(fault).toMatchObject({ code: 'source' })
    },
  )
})
