import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  type ConversionLimits,
  defaultLimits,
  type HttpServiceOptions,
  httpServiceProcessor,
  type Processor,
  standardProcessors,
} from '../src/index.ts'
import { convert } from './conversion.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-service-'))
const input = join(folder, 'input')
type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void
let answer: Answer = () => {}
let asked = 0
const server = createServer(async (request, response) => {
  asked++
  answer(request, response, Buffer.concat(await request.toArray().catch(() => [])))
})
let port = 0

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '::', resolve))
  port = (server.address() as { port: number }).port
})
afterEach(() => {
  server.closeAllConnections()
  asked = 0
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

function service(options: Partial<HttpServiceOptions> = {}): Processor {
  return httpServiceProcessor({
    name: 'service',
    url: `http://127.0.0.1:${port}/convert?key=1`,
    trusted: new Set(['127.0.0.1']),
    ...options,
  })
}

let files = 0

/** One step by itself; answers the code of what went wrong, or what was made. */
async function step(
  processor: Processor,
  given: { bytes: string | Buffer; contentType: string; to: string },
  limits: Partial<ConversionLimits> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<{ code: string } | { made: string }> {
  writeFileSync(input, given.bytes)
  const newFile = (): string => {
    const path = join(folder, `file-${files++}`)
    writeFileSync(path, '')
    return path
  }
  const output = newFile()
  try {
    await processor.convert({
      ...{ inputs: [{ path: input, contentType: given.contentType }], to: given.to, output, newFile, signal },
      ...{ parameters: { width: 5 }, limits: { ...defaultLimits, ...limits }, onProgress() {} },
    })
    return { made: readFileSync(output, 'utf8') }
  } catch (error) {
    return { code: (error as { code: string }).code }
  }
}

/** 8 × 8, white. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAIAQMAAAD+wSzIAAAABlBMVEX///+/v7+jQ3Y5AAAADklEQVQI12P4AIX8EAgALgAD/aNpbtEAAAAASUVORK5CYII=',
  'base64',
)

const toText = { bytes: 'WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n', contentType: 'text/vtt', to: 'text/plain' }

/** What every processor keeps to, whatever it is made of. */
describe.each([
  ['a module', () => standardProcessors.find(({ name }) => name === 'captions')!, toText],
  ['a service', () => service(), toText],
  [
    'a program',
    () => standardProcessors.find(({ name }) => name === 'ffmpeg-image')!,
    { ...toText, contentType: 'image/png', to: 'image/png' },
  ],
])('%s', (kind, processor, good) => {
  beforeAll(() => {
    answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('Hello\n')
  })

  it('fills its output, or says by a code why not', async () => {
    if (kind === 'a program') expect(await step(processor(), good)).toEqual({ code: 'input-refused' })
    else expect(await step(processor(), good)).toEqual({ made: 'Hello\n' })
  })

  it('makes nothing that is larger than it may be', async () => {
    const bytes = kind === 'a program' ? PNG : good.bytes
    expect(await step(processor(), { ...good, bytes }, { outputBytes: 5 })).toEqual({ code: 'output-too-large' })
  })

  it('does nothing for nobody', async () => {
    const png = { ...good, bytes: PNG }
    const given = kind === 'a program' ? png : good
    expect(await step(processor(), given, {}, AbortSignal.abort())).toEqual({ code: 'cancelled' })
    expect(asked).toBe(0)
  })
})

describe('a service', () => {
  it('gets the content, its type, the wanted one and the parameters, and its answer is the result', async () => {
    let seen: object = {}
    answer = ({ method, url, headers }, response, body) => {
      const { accept, 'content-type': type, 'x-key': key } = headers
      seen = { method, url, accept, type, key, body: body.toString() }
      response.writeHead(200, { 'content-type': 'x/made' }).end('made')
    }
    const rules = [{ from: [{ contentType: 'x/given' }], to: 'x/made', processor: 'service', cost: 1 }]
    writeFileSync(input, 'given')
    const made = await convert('x/made', [['X/given; a=b', input]], {
      ...{ rules, processors: [service({ headers: { 'x-key': 'secret' } })], parameters: { width: 7 } },
    })
    expect([made.bytes.toString(), made.by]).toEqual(['made', 'service'])
    expect(seen).toEqual({
      method: 'POST',
      url: '/convert?key=1&width=7',
      accept: 'x/made',
      type: 'x/given',
      key: 'secret',
      body: 'given',
    })
  })

  it.each<[string, Answer, string]>([
    ['an error', (_, response) => response.writeHead(500).end(), 'service-failed'],
    ['a refusal', (_, response) => response.writeHead(415).end(), 'input-refused'],
    [
      'another type',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('x'),
      'service-failed',
    ],
    ['no type', (_, response) => response.writeHead(200).end('x'), 'service-failed'],
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: `http://127.0.0.1:${port}/else` }).end(),
      'service-failed',
    ],
    [
      'half an answer',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 100 }).write('half')
        setImmediate(() => response.destroy())
      },
      'service-failed',
    ],
    ['no answer', () => {}, 'timed-out'],
    [
      'an answer that never ends',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' }).write('x')
      },
      'timed-out',
    ],
    [
      'an answer that is endless',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' })
        const more = (): void => {
          if (!response.destroyed && response.write(Buffer.alloc(65_536))) setImmediate(more)
        }
        response.on('drain', more)
        more()
      },
      'output-too-large',
    ],
  ])('that gives %s', async (_name, given, code) => {
    answer = given
    expect(await step(service(), toText, { timeMs: 1000, outputBytes: 1_000_000 })).toEqual({ code })
    expect(asked).toBe(1)
  })

  it.each(['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '127.1'])(
    'is not asked at %s, unless that host was named',
    async (host) => {
      answer = (_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('x')
      const url = `http://${host}:${port}/`
      expect(await step(service({ url, trusted: new Set() }), toText)).toEqual({ code: 'address-refused' })
      expect(asked).toBe(0)
      expect(await step(service({ url, trusted: new Set([new URL(url).hostname]) }), toText)).toEqual({ made: 'x' })
    },
  )

  it('is one of the web', () => {
    expect(() => service({ url: 'file:///etc/passwd' })).toThrow('no protocol of a service')
  })
})
