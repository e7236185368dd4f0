// A file on servers that do not behave.
import { describe, expect, it } from 'vitest'
import { HttpSourceError, httpSource, UmfError } from '../src/index.ts'

const file = crypto.getRandomValues(new Uint8Array(65_536))
const size = 200_000

type Answer = { status?: number; etag?: string; range?: string | null; body?: BodyInit; fails?: boolean }

/** Answers as a server should, but for what each answer in turn says. */
function server(...answers: Answer[]): typeof fetch {
  return async (_url, init) => {
    const { status = 206, etag = '"one"', range, body, fails = false } = answers.shift() ?? {}
    if (fails) throw new TypeError('fetch failed')
    const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(new Headers(init?.headers).get('range') ?? '') ?? []
    const [start, last] = from === '' ? [size - Number(to), size - 1] : [Number(from), Number(to)]
    const headers = new Headers({ etag })
    if (range !== null) headers.set('content-range', range ?? `bytes ${start}-${last}/${size}`)
    return new Response(body ?? file.subarray(0, last - start + 1), { status, headers })
  }
}

const brokenOff = () =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(10))
      controller.error(new TypeError('network error'))
    },
  })

describe('httpSource', () => {
  it.each<[string, string, Answer]>([
    ['no-ranges', 'gives the whole file', { status: 200, range: null }],
    ['no-ranges', 'hides from the page which range it gives', { range: null }],
    ['no-answer', 'does not answer', { fails: true }],
    ['no-answer', 'breaks off', { body: brokenOff() }],
    ['status', 'has no such file', { status: 404, range: null }],
  ])('says %s of a server that %s', async (failure, _words, answer) => {
    const fault = await httpSource('https://example.org/a.umf', { fetch: server(answer) }).catch((thrown) => thrown)
    expect(fault).toBeInstanceOf(HttpSourceError)
    expect(fault).toMatchObject({ code: 'source', failure, status: failure === 'status' ? 404 : undefined })
  })

  it.each<[string, Answer]>([
    ['refuses by If-Match', { status: 412, range: null }],
    ['passes over If-Match, but names another ETag', { etag: '"two"' }],
    ['names another length', { range: `bytes 0-9/${size + 1}` }],
  ])('notices that the file was changed, where the server %s', async (_words, answer) => {
    const source = await httpSource('https://example.org/a.umf', { fetch: server({}, answer) })
    await expect(source.read(0, 10)).rejects.toMatchObject({ code: 'source', failure: 'changed' })
  })

  it('takes no other range than it asked for, and no byte more', async () => {
    for (const answer of [{ range: `bytes 1-10/${size}` }, { body: new Uint8Array(11) }, { body: new Uint8Array(9) }]) {
      const source = await httpSource('https://example.org/a.umf', { fetch: server({}, answer) })
      await expect(source.read(0, 10)).rejects.toBeInstanceOf(UmfError)
    }
    const source = await httpSource('https://example.org/a.umf', { fetch: server() })
    expect(await source.read(0, 10)).toEqual(file.subarray(0, 10))
    expect(await source.read(size - 10, 10)).toEqual(file.subarray(-10))
  })
})
