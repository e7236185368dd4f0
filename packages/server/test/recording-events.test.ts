// Events of recordings over real sockets into a real Postgres (SPEC.md, Events), and how they are read again.
import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import {
  type CreatedRecording,
  closeName,
  encodeChunkHeader,
  encodeEventsMessage,
  eventText,
  type IngestSocket,
  ingestSubprotocol,
  openIngestSender,
  parseReceiverMessage,
  type ReceiverMessage,
  type RecordingView,
  type TimelineEvent,
  type Welcome,
} from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { madeByFfmpeg } from '../../media/test/made-media.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'

let server: TestServer
let body: Buffer

beforeAll(async () => {
  server = await startTestServer()
  body = await readFile(
    await madeByFfmpeg('webm', [
      ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30', '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '4'],
      ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus', '-live', '1'],
    ]),
  )
})
afterAll(() => server.close())

const mark = (t: number, label: string): TimelineEvent => ({ t, kind: 'mark', data: { label } })
const numbered = (count: number): TimelineEvent[] =>
  Array.from({ length: count }, (_, number) => ({ t: number, kind: 'annotation', data: { op: 'add', number } }))

type Sender = {
  welcome: Welcome
  messages: ReceiverMessage[]
  /** The name of the close, once it came. */
  closed: Promise<string>
  events(first: number, events: readonly object[], epoch?: number): void
  send(data: string | Uint8Array): void
  bytes(payload: Buffer): void
  end(events?: number): void
  until<Type extends ReceiverMessage['type']>(
    type: Type,
    is?: (message: Extract<ReceiverMessage, { type: Type }>) => boolean,
  ): Promise<Extract<ReceiverMessage, { type: Type }>>
  leave(): void
}

/** A sender written from the page, that can misbehave. */
async function connect({ ingestUrl, token }: CreatedRecording): Promise<Sender> {
  const socket = new WebSocket(ingestUrl, ingestSubprotocol, { perMessageDeflate: false })
  const messages: ReceiverMessage[] = []
  let changed = Promise.withResolvers<void>()
  socket.on('message', (data) => {
    messages.push(parseReceiverMessage(String(data)))
    changed.resolve()
    changed = Promise.withResolvers()
  })
  const closed = new Promise<string>((resolve) => socket.on('close', (code) => resolve(closeName(code))))
  socket.on('error', () => {})
  await new Promise((resolve) => socket.on('open', resolve))
  const until: Sender['until'] = async (type, is = () => true) => {
    for (;;) {
      const found = messages.find((message) => message.type === type && is(message as never))
      if (found !== undefined) return found as never
      await Promise.race([changed.promise, closed.then((name) => Promise.reject(new Error(`closed: ${name}`)))])
    }
  }
  socket.send(JSON.stringify({ type: 'hello', protocol: 1, token }))
  const welcome = await until('welcome').catch(() => ({ epoch: 0 }) as Welcome)
  const { epoch } = welcome
  let sent = Buffer.alloc(0)
  return {
    ...{ welcome, messages, closed, until },
    events(first, events, at = epoch) {
      const texts = events.map((event) => JSON.stringify(event))
      socket.send(encodeEventsMessage({ epoch: at, first, texts }, crc32))
    },
    send: (data) => socket.send(data),
    bytes(payload) {
      const offset = sent.length
      sent = Buffer.concat([sent, payload])
      socket.send(Buffer.concat([encodeChunkHeader({ epoch, offset, crc: crc32(sent) }, crc32), payload]))
    },
    end(events) {
      const end = { type: 'end', epoch, size: sent.length, crc: crc32(sent) }
      socket.send(JSON.stringify({ ...end, ...(events !== undefined && { events }) }))
    },
    leave: () => socket.terminate(),
  }
}

async function recordWith(events: readonly TimelineEvent[], bytes = body): Promise<RecordingView> {
  const { ingestUrl, token } = await server.client.createRecording({})
  const texts = events.map(eventText)
  const sender = openIngestSender({
    ...{ url: ingestUrl, token, crc32 },
    connect: (url, subprotocol) => new WebSocket(url, subprotocol) as unknown as IngestSocket,
    spool: {
      size: bytes.length,
      acknowledged: { offset: 0, crc: 0 },
      read: async (offset, length) => bytes.subarray(offset, offset + length),
      acknowledge: async () => {},
      events: { count: texts.length, read: async (first, most) => texts.slice(first, first + most) },
    },
  })
  sender.end()
  const outcome = await sender.done
  if (outcome.state !== 'published') throw new Error(outcome.after)
  return outcome.recording
}

const withNumbers = (events: readonly TimelineEvent[]) => events.map((event, number) => ({ number, ...event }))

describe('events of a recording', () => {
  it('[V5, V7] are read as they were sent, all of them once it is published', async () => {
    const events = [mark(1000.5, 'important'), { t: 0, kind: 'join', data: { who: '\u0000 ud800 \ud800', n: 1e308 } }]
    const { id, shareUrl } = await recordWith(events)
    const wanted = { state: 'complete', events: withNumbers(events), next: null }
    expect(await server.client.timeline(id)).toMatchObject(wanted)
    const share = shareUrl!.split('/').at(-1)!
    expect(await server.client.sharedTimeline(share)).toMatchObject(wanted)
  })

  it('grow while it is recorded', async () => {
    const created = await server.client.createRecording({})
    const sender = await connect(created)
    expect(sender.welcome.events).toBe(0)
    sender.bytes(body.subarray(0, body.length / 2))
    sender.events(0, numbered(3))
    await sender.until('events-ack', ({ events }) => events === 3)
    const first = await server.client.timeline(created.id)
    expect(first).toMatchObject({ state: 'growing', next: 3 })
    expect(first.events.map(({ number }) => number)).toEqual([0, 1, 2])
    expect(await server.client.timeline(created.id, 3)).toMatchObject({ events: [], next: 3 })
    sender.events(3, [mark(7, 'question')])
    sender.bytes(body.subarray(body.length / 2))
    sender.end(4)
    await sender.until('published')
    expect(await server.client.timeline(created.id, 3)).toMatchObject({
      state: 'complete',
      events: [{ number: 3, ...mark(7, 'question') }],
      next: null,
    })
  })

  it('[V5, A1] that were committed, whose acknowledgement nobody heard, are there for the next connection', async () => {
    const created = await server.client.createRecording({})
    for (let stored = 0; stored < 40; stored += 4) {
      const sender = await connect(created)
      const known = sender.welcome.events!
      expect(known % 4).toBe(0) // a message is stored whole or not at all
      sender.events(known, numbered(known + 4).slice(known))
      if (stored % 8 === 0) await sender.until('events-ack')
      sender.leave()
    }
    const last = await connect(created)
    const { events: count = 0 } = last.welcome
    expect((await server.client.timeline(created.id)).events).toEqual(withNumbers(numbered(count)))
    expect(count).toBeGreaterThanOrEqual(20)
    last.leave()
  })

  it('[V6] sent again are acknowledged and change nothing; a sender that went on from before is the same', async () => {
    const created = await server.client.createRecording({})
    const sender = await connect(created)
    sender.events(0, numbered(5))
    sender.events(0, numbered(3))
    sender.events(2, numbered(9).slice(2))
    await sender.until('events-ack', ({ events }) => events === 9)
    expect((await server.client.timeline(created.id)).events).toEqual(withNumbers(numbered(9)))
    sender.leave()
  })

  it('[V6] that contradict are refused whole, the bytes go on, and the recording is published with the others', async () => {
    const created = await server.client.createRecording({})
    const sender = await connect(created)
    sender.events(0, numbered(3))
    sender.events(1, [mark(1, 'another'), ...numbered(6).slice(2)])
    const refused = await sender.until('events-refused')
    expect(refused).toMatchObject({ events: 3, reason: 'conflict' })
    sender.events(3, numbered(4).slice(3))
    sender.bytes(body)
    sender.end(3)
    const { recording } = await sender.until('published')
    expect(recording.bytes).toBe(body.length)
    expect((await server.client.timeline(created.id)).events).toEqual(withNumbers(numbered(3)))
  })

  it('[V7] are waited for at the end: an end that names others than came closes with 4412', async () => {
    const created = await server.client.createRecording({})
    const sender = await connect(created)
    sender.bytes(body)
    sender.events(0, numbered(500))
    sender.events(500, numbered(600).slice(500))
    sender.end(601)
    expect(await sender.closed).toBe('offset-conflict')
    const again = await connect(created)
    expect(again.welcome).toMatchObject({ offset: body.length, events: 600 })
    again.leave()
  })

  it('[V5] of a sender that was fenced are not stored', async () => {
    const created = await server.client.createRecording({})
    const first = await connect(created)
    const second = await connect(created)
    expect(await first.closed).toBe('stale-epoch')
    second.events(0, numbered(2), first.welcome.epoch)
    expect(await second.closed).toBe('stale-epoch')
    const third = await connect(created)
    expect(third.welcome.events).toBe(0)
    third.leave()
  })

  it('[T7] stand where the files show what was then, for a body whose clock began long before', async () => {
    const late = await readFile(
      await madeByFfmpeg('webm', [
        ...['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=30', '-t', '2', '-output_ts_offset', '20'],
        ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-live', '1'],
      ]),
    )
    const { id } = await recordWith([mark(20_500, 'half a second in'), mark(19_000, 'before it begins')], late)
    const { events } = await server.client.timeline(id)
    expect(events.map(({ t }) => t)).toEqual([500, 0])
  })

  it('go with their recording', async () => {
    const { id } = await recordWith(numbered(3))
    await server.client.remove(id)
    await expect(server.client.timeline(id)).rejects.toMatchObject({ status: 404 })
  })
})

describe('the timeline', () => {
  it('comes in pages: at most 500 events, and at most about 1 MiB', async () => {
    const long = Array.from({ length: 100 }, (_, t) => ({ t, kind: 'poll', data: { text: 'x'.repeat(16_000) } }))
    const events = [...numbered(1200), ...long]
    const { id } = await recordWith(events)
    const seen: object[] = []
    const sizes: number[] = []
    for (let from: number | null = 0; from !== null; ) {
      const page = await server.client.timeline(id, from)
      seen.push(...page.events)
      sizes.push(page.events.length)
      from = page.next
    }
    expect(seen).toEqual(withNumbers(events))
    expect(Math.max(...sizes)).toBe(500)
    expect(sizes.at(-1)).toBeLessThan(66)
  })

  it.each(['from=-1', 'from=x', 'from=1e99', 'limit=0', 'limit=501', 'limit=1.5'])('refuses %s', async (query) => {
    const { id } = await recordWith([])
    const headers = { authorization: `Bearer ${testOwnerKey}` }
    expect((await fetch(`${server.url}/api/v1/recordings/${id}/timeline?${query}`, { headers })).status).toBe(400)
  })

  it('has its marks as WebVTT chapters, one line each, whatever they are called', async () => {
    const { id, shareUrl } = await recordWith([
      mark(3000, 'last --> 00:00 & <b>'),
      mark(500, 'first\nline'),
      { t: 700, kind: 'poll', data: {} },
      mark(500, 'instead of the first'),
    ])
    const response = await fetch(`${shareUrl}/chapters.vtt`)
    expect(response.headers.get('content-type')).toBe('text/vtt; charset=utf-8')
    const { durationMs } = await server.client.recording(id)
    const end = (durationMs / 1000).toFixed(3).padStart(6, '0')
    expect(await response.text()).toBe(
      [
        'WEBVTT\n',
        '00:00:00.500 --> 00:00:03.000\ninstead of the first\n',
        `00:00:03.000 --> 00:00:${end}\nlast --&gt; 00:00 &amp; &lt;b&gt;\n`,
      ].join('\n'),
    )
  })

  it('and its chapters are in the description of the interface', async () => {
    const { paths } = (await (await fetch(`${server.url}/api/v1/openapi.json`)).json()) as { paths: object }
    for (const path of ['/api/v1/recordings/{id}', '/r/{share}']) {
      expect(Object.keys(paths)).toEqual(expect.arrayContaining([`${path}/timeline`, `${path}/chapters.vtt`]))
    }
  })
})

describe('hostile events', () => {
  let created: CreatedRecording
  beforeAll(async () => {
    created = await server.client.createRecording({})
  })

  it.each<[string, string, (sender: Sender) => void]>([
    [
      '1 MB of data',
      'message-too-big',
      (sender) => sender.events(0, [{ ...mark(0, 'x'), data: { x: 'x'.repeat(1e6) } }]),
    ],
    [
      '33 KiB of data',
      'bad-message',
      (sender) => sender.events(0, [{ t: 0, kind: 'poll', data: { x: 'x'.repeat(33.8e3) } }]),
    ],
    ['a time that is no number', 'bad-message', (sender) => sender.events(0, [{ ...mark(0, 'x'), t: Number.NaN }])],
    ['a time before the beginning', 'bad-message', (sender) => sender.events(0, [mark(-1, 'x')])],
    ['a mark without a label', 'bad-message', (sender) => sender.events(0, [{ t: 0, kind: 'mark', data: {} }])],
    ['no events at all', 'bad-message', (sender) => sender.events(0, [])],
    ['events from the middle', 'offset-conflict', (sender) => sender.events(5, [mark(0, 'x')])],
    ['events of the last number there is', 'offset-conflict', (sender) => sender.events(2 ** 32 - 1, [mark(0, 'x')])],
    ['text as events', 'bad-message', (sender) => sender.send(JSON.stringify({ type: 'events', events: [] }))],
    ['noise', 'checksum-mismatch', (sender) => sender.send(Buffer.alloc(100, 2))],
    [
      'more at once than may wait',
      'window-exceeded',
      (sender) => {
        for (const [at, event] of numbered(300).entries()) sender.events(at, [event])
      },
    ],
  ])('%s: closed as %s, and what is stored is whole', async (_, name, misbehave) => {
    const before = (await server.client.timeline(created.id)).events
    const sender = await connect(created)
    misbehave(sender)
    expect(await sender.closed).toBe(name)
    const { events } = await server.client.timeline(created.id)
    expect(events.slice(0, before.length)).toEqual(before)
    expect(events).toEqual(withNumbers(numbered(events.length)))
  })

  it('with a wrong token, or for another’s recording, come to nothing', async () => {
    const other = await server.client.createRecording({})
    for (const wrong of [
      { ...created, token: other.token },
      { ...created, token: 'rt_wrong' },
    ]) {
      const sender = await connect(wrong)
      expect(await sender.closed).toBe('not-found')
    }
  })

  it.each([
    ['a million of them', { maxEvents: 2000 }],
    ['too many bytes of them', { maxEventBytes: 2000 * '{"op":"add","number":1000}'.length }],
  ])('%s are refused at the limit; the recording is published with the others', async (_, limits) => {
    const narrow = await startTestServer({ limits })
    try {
      const asked = await narrow.client.createRecording({})
      const sender = await connect(asked)
      for (let first = 0; first < 4000; first += 500) sender.events(first, numbered(first + 500).slice(first))
      const { events: stored, reason } = await sender.until('events-refused')
      expect([stored, reason]).toEqual([2000, 'too-many'])
      sender.bytes(body)
      sender.end(2000)
      await sender.until('published')
      expect(await narrow.client.timeline(asked.id, 1999)).toMatchObject({ events: [{ number: 1999 }], next: null })
    } finally {
      await narrow.close()
    }
  })
})
