// What the drill's model leaves out: time, memory, full disks, and owners who end a recording. The sequences of messages
// themselves are held against a model in drill/receive/model-check.ts.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import {
  closeCodes,
  encodeChunkHeader,
  parseReceiverMessage,
  type ReceiverMessage,
  type Welcome,
} from '@rushes/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { newRecordingId } from '../catalog/identifiers.ts'
import { type IngestSession, openIngestSession } from './ingest-session.ts'
import { defaultReceiveLimits, openReceiveBudget, type ReceiveLimits } from './limits.ts'
import { type OpenRecording, openRecording } from './open-recording.ts'

let root: string
let recording: OpenRecording
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rushes-session-'))
  mkdirSync(join(root, 'recordings'))
})
afterEach(async () => {
  await recording?.close('gone')
  rmSync(root, { recursive: true, force: true })
})

type Connected = {
  session: IngestSession
  messages: ReceiverMessage[]
  socket: { bufferedAmount: number; pause: () => void; resume: () => void; terminate: () => void }
  closed: { code: number; reason: string } | null
  welcome(): Promise<Welcome>
}

function connected(narrowed: Partial<ReceiveLimits> = {}, isFull: () => boolean = () => false): Connected {
  const limits = { ...defaultReceiveLimits, ...narrowed }
  let epoch = 0
  recording = openRecording({ id: newRecordingId(), epoch: 0, front: null, folder: { root }, limits, onQuiet() {} })
  const messages: ReceiverMessage[] = []
  const socket = {
    bufferedAmount: 0,
    send: (text: string) => void messages.push(parseReceiverMessage(text)),
    close(code: number, reason: string) {
      connection.closed ??= { code, reason }
    },
    terminate: vi.fn(),
    pause: vi.fn(),
    resume: vi.fn(),
  }
  const session = openIngestSession({
    socket,
    limits,
    budget: openReceiveBudget(limits),
    log: { warn() {}, error() {} },
    hashToken: (token) => Buffer.from(token),
    storageIsFull: isFull,
    find: async () => ({
      state: 'receiving',
      tokenHash: Buffer.from('token'),
      recording,
      advance: async () => ++epoch,
    }),
    eventExtent: async () => ({ count: 0, bytes: 0 }),
    storeEvents: async () => true,
    publish: async () => {},
    publishedView: async () => {
      throw new Error('nothing is published here')
    },
  })
  const connection: Connected = {
    session,
    messages,
    socket,
    closed: null,
    async welcome() {
      session.text(JSON.stringify({ type: 'hello', protocol: 1, token: 'token' }))
      return vi.waitFor(() => {
        const found = messages.find((message) => message.type === 'welcome')
        if (found === undefined) throw new Error('not welcomed')
        return found
      })
    },
  }
  return connection
}

function chunk(epoch: number, before: Buffer, payload: Buffer): Buffer {
  const crc = crc32(payload, crc32(before))
  return Buffer.concat([encodeChunkHeader({ epoch, offset: before.length, crc }, crc32), payload])
}

const closedAs = (name: keyof typeof closeCodes) => ({ code: closeCodes[name].code, reason: name })

describe('a sender’s connection', () => {
  it('[N3] is closed when no hello comes in time', () => {
    const connection = connected({ helloMs: 1000 })
    const now = performance.now()
    connection.session.tick(now + 900)
    expect(connection.closed).toBeNull()
    connection.session.tick(now + 1100)
    expect(connection.closed).toEqual(closedAs('timeout'))
  })

  it('[F4] is taken for dead when nothing was heard, pongs included', async () => {
    const connection = connected({ deadMs: 5000 })
    await connection.welcome()
    connection.session.pong()
    const now = performance.now()
    connection.session.tick(now + 4900)
    expect(connection.closed).toBeNull()
    connection.session.tick(now + 5100)
    expect(connection.closed).toEqual(closedAs('timeout'))
    expect(connection.socket.terminate).toHaveBeenCalled()
  })

  it('[F2] is closed when it sends more than twice the window', async () => {
    const connection = connected({ windowBytes: 1000 })
    const { epoch } = await connection.welcome()
    let sent = Buffer.alloc(0)
    // In one turn of the event loop: nothing of it can be on disk yet.
    for (let count = 0; count < 20 && connection.closed === null; count++) {
      const payload = Buffer.alloc(500, count)
      connection.session.binary(chunk(epoch, sent, payload))
      sent = Buffer.concat([sent, payload])
    }
    expect(connection.closed).toEqual(closedAs('window-exceeded'))
    expect(connection.socket.pause).toHaveBeenCalled()
    expect(sent.length).toBeLessThanOrEqual(3500)
  })

  it('[F3] is read again when what it sent is on disk, and its silence meanwhile is not held against it', async () => {
    const connection = connected({ windowBytes: 1000, deadMs: 5000 })
    const { epoch } = await connection.welcome()
    connection.session.binary(chunk(epoch, Buffer.alloc(0), Buffer.alloc(1500, 7)))
    expect(connection.socket.pause).toHaveBeenCalled()
    connection.session.tick(performance.now() + 60_000)
    expect(connection.closed).toBeNull()
    await vi.waitFor(() => expect(connection.socket.resume).toHaveBeenCalled())
    expect(connection.messages.at(-1)).toMatchObject({ type: 'ack', offset: 1500 })
  })

  it('[F5] is closed when it does not read its acknowledgements', async () => {
    const connection = connected()
    const { epoch } = await connection.welcome()
    connection.socket.bufferedAmount = 2 * 1024 * 1024
    connection.session.binary(chunk(epoch, Buffer.alloc(0), Buffer.from('bytes')))
    await vi.waitFor(() => expect(connection.closed).toEqual(closedAs('timeout')))
  })

  it('[K5] is closed after a text message over 16 KiB, and one that sends too many', async () => {
    const long = connected()
    long.session.text(`"${'x'.repeat(17 * 1024)}"`)
    expect(long.closed).toEqual(closedAs('message-too-big'))
    const many = connected({ controlMessagesPerSecond: 5 })
    await many.welcome()
    for (let count = 0; count < 10; count++) many.session.text('{}')
    expect(many.closed).toEqual(closedAs('bad-message'))
  })

  it('is refused with storage-full while the disk is full: a new one, and one that is sending', async () => {
    let isFull = true
    const refused = connected({}, () => isFull)
    refused.session.text(JSON.stringify({ type: 'hello', protocol: 1, token: 'token' }))
    await vi.waitFor(() => expect(refused.closed).toEqual(closedAs('storage-full')))
    await recording.close('gone')

    isFull = false
    const sending = connected({}, () => isFull)
    const { epoch } = await sending.welcome()
    isFull = true
    sending.session.binary(chunk(epoch, Buffer.alloc(0), Buffer.from('bytes')))
    expect(sending.closed).toEqual(closedAs('storage-full'))
    expect(recording.body?.received.size).toBe(0)
    expect(recording.held).toBe(false)
  })

  it('[C2] is told that the recording is gone', async () => {
    const connection = connected()
    await connection.welcome()
    await recording.close('gone')
    expect(connection.closed).toEqual(closedAs('gone'))
  })
})
