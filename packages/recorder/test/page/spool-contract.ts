// What every store of spools keeps, as checks that run in the browser; each has a name and throws where it is broken.
import { SpoolError } from '../../src/spool/spool-error.ts'
import type { SpoolMeta, SpoolStore } from '../../src/spool/spool-store.ts'

type Check = (store: SpoolStore, reopen: () => Promise<SpoolStore>) => Promise<void>

function meta(): SpoolMeta {
  return {
    id: crypto.randomUUID(),
    title: 'A title, ünïcode',
    contentType: 'video/mp4',
    createdAt: 1_700_000_000_000,
    state: 'recording',
    target: null,
    headBytes: 0,
  }
}

function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what)
}

/** Bytes that say where they stand in the body. */
function pattern(offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = ((offset + at) * 31 + ((offset + at) >> 8)) & 255
  return bytes
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

async function refused(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (fault) {
    return fault instanceof SpoolError ? fault.code : `not a SpoolError: ${fault}`
  }
  return 'nothing was thrown'
}

const checks: Record<string, Check> = {
  'what was appended is read, cut anywhere': async (store) => {
    const file = await store.create(meta())
    const sizes = [1, 7, 4096, 100_000, 3, 70_000]
    for (const size of sizes) await file.append(pattern(file.size, size))
    const total = sizes.reduce((sum, size) => sum + size, 0)
    expect(file.size === total, `size ${file.size}, not ${total}`)
    for (const [offset, length] of [
      [0, total],
      [0, 1],
      [5, 5],
      [4000, 200],
      [104_100, 20],
      [total - 1, 10],
      [total, 5],
    ] as const) {
      const read = await file.read(offset, length)
      expect(same(read, pattern(offset, Math.min(length, total - offset))), `read(${offset}, ${length}) differs`)
    }
    await file.close()
    await store.remove(file.meta.id)
  },
  'after a new opening everything is there, and goes on': async (store, reopen) => {
    const file = await store.create(meta())
    const { id } = file.meta
    await file.append(pattern(0, 50_000))
    await file.append(pattern(50_000, 50_000))
    await file.describe({ ...file.meta, title: 'renamed', headBytes: 1000 })
    await file.close()
    const again = await (await reopen()).open(id)
    expect(again.size === 100_000, `size ${again.size}`)
    expect(again.meta.title === 'renamed', 'the metadata is old')
    await again.append(pattern(100_000, 10))
    expect(same(await again.read(0, 200_000), pattern(0, 100_010)), 'bytes differ')
    await again.close()
    await store.remove(id)
  },
  'released bytes are freed, the head and the rest stay': async (store, reopen) => {
    const file = await store.create(meta())
    const { id } = file.meta
    const chunk = 1024 * 1024
    for (let at = 0; at < 12; at++) await file.append(pattern(at * chunk, chunk))
    await file.describe({ ...file.meta, headBytes: 777 })
    await file.release(9 * chunk + 5)
    expect(file.start > 4 * chunk && file.start <= 9 * chunk + 5, `start ${file.start}`)
    const held = (await store.list()).find(({ meta }) => meta.id === id)
    expect(held !== undefined && held.heldBytes < 9 * chunk, `still holds ${held?.heldBytes}`)
    expect(same(await file.read(0, 777), pattern(0, 777)), 'the head is gone')
    expect((await refused(file.read(5000, 10))) === 'out-of-range', 'released bytes were read')
    await file.close()
    const again = await (await reopen()).open(id)
    expect(again.size === 12 * chunk, `size ${again.size}`)
    expect(same(await again.read(0, 777), pattern(0, 777)), 'the head is gone after opening')
    expect(same(await again.read(9 * chunk + 5, 3 * chunk), pattern(9 * chunk + 5, 3 * chunk - 5)), 'the rest differs')
    await again.close()
    await store.remove(id)
  },
  'released beyond the end it begins anew there': async (store) => {
    const file = await store.create(meta())
    await file.append(pattern(0, 5000))
    await file.release(9000)
    expect(file.start === 9000 && file.size === 9000, `start ${file.start}, size ${file.size}`)
    await file.append(pattern(9000, 100))
    expect(same(await file.read(9000, 100), pattern(9000, 100)), 'bytes differ')
    await file.close()
    await store.remove(file.meta.id)
  },
  'events are numbered and read, in any portions, through a new opening': async (store, reopen) => {
    const file = await store.create(meta())
    const { id } = file.meta
    const event = (number: number) => `${number} ${'é\u0000'.repeat(number % 50)}`
    const events = (first: number, count: number) => Array.from({ length: count }, (_, index) => event(first + index))
    const count = () => file.events
    expect(count() === 0 && (await file.readEvents(0, 10)).length === 0, 'there are events at the beginning')
    await file.append(pattern(0, 1000))
    for (const more of [1, 7, 300]) await file.appendEvents(events(count(), more))
    expect(count() === 308, `${count()} events`)
    await file.close()
    const again = await (await reopen()).open(id)
    expect(again.events === 308, `${again.events} events after opening`)
    await again.appendEvents(events(308, 2))
    for (const [first, most] of [
      [0, 1000],
      [0, 1],
      [7, 2],
      [300, 10],
      [309, 5],
      [310, 5],
    ] as const) {
      const read = await again.readEvents(first, most)
      const wanted = events(first, Math.max(0, Math.min(most, 310 - first)))
      expect(JSON.stringify(read) === JSON.stringify(wanted), `readEvents(${first}, ${most}) differs`)
    }
    expect(same(await again.read(0, 5000), pattern(0, 1000)), 'the bytes differ')
    await again.close()
    await store.remove(id)
    const other = await store.create({ ...meta(), id })
    expect(other.events === 0, 'the events of a removed spool are there')
    await other.close()
    await store.remove(id)
  },
  'two recordings do not mix': async (store) => {
    const [one, two] = [await store.create(meta()), await store.create(meta())]
    for (let at = 0; at < 5; at++) {
      await Promise.all([one.append(pattern(one.size, 1000)), two.append(pattern(two.size + 7, 1000))])
    }
    expect(same(await one.read(0, 5000), pattern(0, 5000)), 'the first differs')
    expect(same((await two.read(0, 1000)).slice(), pattern(7, 1000)), 'the second differs')
    const ids = (await store.list()).map(({ meta }) => meta.id)
    expect(ids.includes(one.meta.id) && ids.includes(two.meta.id), 'one is not listed')
    for (const file of [one, two]) {
      await file.close()
      await store.remove(file.meta.id)
    }
  },
  'what was removed is missing': async (store) => {
    const file = await store.create(meta())
    await file.append(pattern(0, 10))
    await file.close()
    await store.remove(file.meta.id)
    await store.remove(file.meta.id)
    expect((await refused(store.open(file.meta.id))) === 'missing', 'it could be opened')
    expect(!(await store.list()).some(({ meta }) => meta.id === file.meta.id), 'it is listed')
  },
}

/** Names of the checks that held; throws at the first that did not. */
export async function spoolContract(store: SpoolStore, reopen: () => Promise<SpoolStore>): Promise<string[]> {
  for (const [name, check] of Object.entries(checks)) {
    await check(store, reopen).catch((fault: unknown) => {
      throw new Error(`${store.kind}: ${name}: ${fault instanceof Error ? fault.message : fault}`)
    })
  }
  return Object.keys(checks)
}
