// Random sequences of messages through the session that the server runs, on a body file in memory, held against the model.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { chunkHeaderBytes, parseReceiverMessage, type RecordingView } from '@rushes/protocol'
import fc from 'fast-check'
import type { BodyFolder } from '../../packages/server/src/body/folder.ts'
import { bodyPath } from '../../packages/server/src/body/folder.ts'
import { newRecordingId } from '../../packages/server/src/catalog/identifiers.ts'
import { type IngestSession, openIngestSession } from '../../packages/server/src/receive/ingest-session.ts'
import { defaultReceiveLimits, openReceiveBudget } from '../../packages/server/src/receive/limits.ts'
import { type OpenRecording, openRecording } from '../../packages/server/src/receive/open-recording.ts'
import { emptyReport, type Fault } from '../fault.ts'
import { chunkMessage } from '../wire-sender.ts'
import {
  bytesAt,
  type Command,
  chunkOf,
  connectionOf,
  emptyModel,
  type Harm,
  type Model,
  obey,
  recordingLimit,
} from './session-model.ts'

const limits = { ...defaultReceiveLimits, maxRecordingBytes: recordingLimit, controlMessagesPerSecond: 10_000 }
const patienceMs = 5000

type RealConnection = {
  session: IngestSession
  epoch: number
  closed: number | null
  told: number | null
  chain: number | null
  welcomes: number
}

/** The receiver's side of one recording, without a database or a network. */
class Receiving {
  readonly folder: BodyFolder
  readonly id = newRecordingId()
  readonly connections: RealConnection[] = []
  published: Buffer | null = null
  #epoch = 0
  #recording: OpenRecording
  #changed: () => void = () => {}

  constructor(folder: BodyFolder) {
    this.folder = folder
    this.#recording = this.#open()
  }

  #open(): OpenRecording {
    return openRecording({ id: this.id, epoch: this.#epoch, front: null, folder: this.folder, limits, onQuiet() {} })
  }

  stored(): Buffer {
    try {
      return readFileSync(bodyPath(this.folder, this.id))
    } catch {
      return Buffer.alloc(0)
    }
  }

  connect(): void {
    const connection: RealConnection = {
      session: undefined as never,
      epoch: 0,
      closed: null,
      told: null,
      chain: null,
      welcomes: 0,
    }
    const closing = (code: number) => {
      connection.closed ??= code
      this.#changed()
    }
    connection.session = openIngestSession({
      socket: {
        bufferedAmount: 0,
        send: (text) => {
          const message = parseReceiverMessage(text)
          if (message.type !== 'welcome' && message.type !== 'ack') return
          if (message.type === 'welcome') {
            connection.epoch = message.epoch
            connection.welcomes++
          }
          if (message.type === 'ack' || message.state === 'receiving') {
            connection.told = message.offset
            connection.chain = message.crc
          }
          this.#changed()
        },
        close: closing,
        terminate() {},
        pause() {},
        resume() {},
      },
      limits,
      budget: openReceiveBudget(limits),
      log: { warn() {}, error() {} },
      hashToken: (token) => Buffer.from(token.padEnd(8)),
      storageIsFull: () => false,
      find: async () =>
        this.published === null
          ? {
              state: 'receiving',
              tokenHash: Buffer.from('right   '),
              recording: this.#recording,
              advance: async () => ++this.#epoch,
            }
          : { state: 'published', tokenHash: Buffer.from('right   ') },
      eventExtent: async () => ({ count: 0, bytes: 0 }),
      storeEvents: async () => true,
      publish: async (recording, holder) => {
        await recording.seal(async ({ size }) => {
          this.published = this.stored().subarray(0, size)
        }, holder)
      },
      publishedView: async () => publishedView(this.id, this.published?.length ?? 0),
    })
    this.connections.push(connection)
  }

  async restart(tail: number): Promise<void> {
    for (const { session } of this.connections) session.ended()
    await this.#recording.close('stale-epoch')
    if (this.published !== null) return
    if (tail > 0) {
      mkdirSync(join(bodyPath(this.folder, this.id), '..'), { recursive: true })
      writeFileSync(bodyPath(this.folder, this.id), Buffer.alloc(tail, 0xee), { flag: 'a' })
    }
    this.#recording = this.#open()
  }

  /** Waits until `done`, or until it is clear that it will not be. */
  async until(done: () => boolean): Promise<void> {
    for (let idle = 0; idle < 2 || !done(); idle++) {
      if (done()) await new Promise((resolve) => setImmediate(resolve))
      else {
        let timer: NodeJS.Timeout | undefined
        const late = await new Promise<boolean>((resolve) => {
          this.#changed = () => resolve(false)
          timer = setTimeout(() => resolve(true), patienceMs)
        })
        clearTimeout(timer)
        if (late) return
      }
    }
  }

  async close(): Promise<void> {
    await this.#recording.close('gone')
  }
}

function publishedView(id: string, bytes: number): RecordingView {
  const nothing = {
    publishedAt: null,
    endReason: null,
    sha256: null,
    damage: null,
    shareUrl: null,
    mp4Url: null,
    webmUrl: null,
    viewNote: null,
    delivery: null,
  }
  const states = { mp4State: 'unsupported', webmState: 'unsupported', state: 'published' } as const
  return { ...nothing, ...states, id, bytes, title: '', createdAt: '', durationMs: 0, container: '', tracks: [] }
}

function say(model: Model, real: Receiving, command: Exclude<Command, { does: 'connect' | 'restart' }>): void {
  const connection = real.connections[command.on % real.connections.length]!
  const { session, epoch: known } = connection
  const epoch = Math.max(0, known + ('epochShift' in command ? command.epochShift : 0))
  switch (command.does) {
    case 'hello':
      return session.text(JSON.stringify({ type: 'hello', protocol: 1, token: command.token }))
    case 'hang up':
      return session.ended()
    case 'junk text':
      return session.text(command.text)
    case 'short frame':
      return session.binary(bytesAt(0, command.length))
    case 'end': {
      const size = Math.max(0, model.body.length + command.sizeShift)
      const crc = (crc32(model.body) ^ (command.otherChain ? 1 : 0)) >>> 0
      return session.text(JSON.stringify({ type: 'end', epoch, size, crc }))
    }
    case 'rewind': {
      const offset = Math.max(0, model.body.length - command.back)
      const crc = (crc32(model.body.subarray(0, offset)) ^ (command.otherChain ? 1 : 0)) >>> 0
      return session.text(JSON.stringify({ type: 'rewind', epoch, offset, crc }))
    }
    case 'chunk': {
      const { offset, payload, chain } = chunkOf(model, command)
      return session.binary(harmed(epoch, offset, payload, chain, command.harm))
    }
  }
}

function harmed(epoch: number, offset: number, payload: Buffer, chain: number, harm: Harm): Buffer {
  const message = chunkMessage(epoch, offset, chain, payload)
  const flip = (from: number, bytes: number, position: number): void => {
    const bit = Math.floor(position * bytes * 8)
    message[from + (bit >> 3)]! ^= 1 << (bit & 7)
  }
  if (harm.kind === 'header bit') flip(0, chunkHeaderBytes, harm.position)
  else if (harm.kind === 'payload bit') flip(chunkHeaderBytes, payload.length, harm.position)
  else if (harm.kind === 'other bytes') message.fill(0x55, chunkHeaderBytes)
  else if (harm.kind === 'wrong type') {
    message[0] = 3
    message.writeUInt32BE(crc32(message.subarray(0, 20)), 20)
  }
  return message
}

function agrees(model: Model, real: Receiving): boolean {
  return model.connections.every((wanted, index) => {
    const found = real.connections[index]!
    if (wanted.state === 'closed') return wanted.closed === null || found.closed === wanted.closed
    return (
      found.closed === null &&
      (wanted.state === 'greeting' ||
        (found.told === wanted.told && found.epoch === wanted.epoch && found.welcomes === wanted.welcomes))
    )
  })
}

/** Runs one sequence. @throws Error where receiver and model part */
async function runSequence(folder: BodyFolder, commands: readonly Command[]): Promise<void> {
  const model = emptyModel()
  const real = new Receiving(folder)
  try {
    for (const [index, command] of commands.entries()) {
      const isBurst = command.does === 'chunk' && !command.settled
      // Commands whose answer depends on what is on disk by then wait for it.
      if (command.does === 'rewind' || command.does === 'restart') await real.until(() => agrees(model, real))
      if (command.does === 'connect') real.connect()
      else if (command.does === 'restart') await real.restart(command.tail)
      else if (connectionOf(model, command.on) !== undefined) say(model, real, command)
      obey(model, command)
      if (isBurst) continue
      await real.until(() => agrees(model, real))
      if (!agrees(model, real)) throw new Error(differ(`after command ${index}, ${command.does}`, model, real))
    }
    await real.until(() => agrees(model, real))
    if (!agrees(model, real)) throw new Error(differ('at the end', model, real))
    for (const { told, chain } of real.connections) {
      if (told !== null && told <= model.body.length && chain !== crc32(model.body.subarray(0, told))) {
        throw new Error(`the chain that was named at ${told} is not that of the bytes`)
      }
    }
    await real.close()
    const stored = real.published ?? real.stored()
    if (!stored.equals(model.body)) throw new Error(differ(`${stored.length} bytes stored`, model, real))
    if ((real.published !== null) !== model.published) throw new Error(differ('published', model, real))
  } finally {
    await real.close()
    rmSync(join(bodyPath(folder, real.id), '..'), { recursive: true, force: true })
  }
}

function differ(when: string, model: Model, real: Receiving): string {
  const found = real.connections.map(({ closed, told, epoch }) => ({ closed, told, epoch }))
  return `${when}: model ${JSON.stringify({ ...model, body: model.body.length })}, receiver ${JSON.stringify(found)}`
}

const on = fc.nat(3)
const mostly = <Value>(usual: Value, other: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other })
const position = fc.double({ min: 0, max: 0.9999, noNaN: true })
const harm: fc.Arbitrary<Harm> = mostly<Harm>(
  { kind: 'none' },
  fc.oneof(
    fc.record({ kind: fc.constantFrom('header bit' as const, 'payload bit' as const), position }),
    fc.constantFrom<Harm>({ kind: 'other bytes' }, { kind: 'wrong type' }),
  ),
)
const epochShift = mostly(0, fc.constantFrom(-1, 1, 1000))
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Command>({ does: 'connect' }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('hello' as const),
      on,
      token: mostly<'right' | 'wrong'>('right', fc.constant('wrong')),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      does: fc.constant('chunk' as const),
      on,
      shift: mostly(0, fc.integer({ min: -400, max: 40 })),
      length: fc.integer({ min: 1, max: 300 }),
      epochShift,
      harm,
      settled: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('short frame' as const), on, length: fc.nat(24) }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('junk text' as const), on, text: fc.oneof(fc.string(), fc.json()) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('end' as const),
      on,
      sizeShift: mostly(0, fc.constantFrom(-1, 1, 77)),
      epochShift,
      otherChain: mostly(false, fc.constant(true)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('rewind' as const),
      on,
      back: fc.nat(200),
      epochShift,
      otherChain: mostly(false, fc.constant(true)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('hang up' as const), on }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('restart' as const), tail: mostly(0, fc.nat(100)) }) },
)

/** A connection that was greeted comes first: most of what can go wrong is behind it. */
const sequence = fc
  .array(command, { maxLength: 20 })
  .map((rest): Command[] => [{ does: 'connect' }, { does: 'hello', on: 0, token: 'right' }, ...rest])

/** Bodies in memory where the system has a folder for that: a hundred thousand syncs would only wear the disk. */
function memoryFolder(): string {
  const tmpfs = 0x01021994
  try {
    if (statfsSync('/dev/shm').type === tmpfs) return mkdtempSync('/dev/shm/rushes-drill-')
  } catch {
    // Not Linux.
  }
  return mkdtempSync(join(tmpdir(), 'rushes-drill-'))
}

export const modelCheck: Fault = {
  name: 'sequences against the model',
  async run({ scene, random, scale }) {
    const report = emptyReport()
    const root = memoryFolder()
    scene.onEnd(() => rmSync(root, { recursive: true, force: true }))
    mkdirSync(join(root, 'recordings'))
    const numRuns = scale === 'full' ? 100_000 : 1500
    const property = fc.asyncProperty(sequence, async (commands) => {
      report.trials++
      await runSequence({ root }, commands)
    })
    const found = await fc.check(property, { numRuns, seed: random.seed })
    if (found.failed) report.problems.push(`${String(found.errorInstance)}: ${JSON.stringify(found.counterexample)}`)
    return report
  },
}
