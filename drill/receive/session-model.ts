// SPEC.md as a pure function: what the receiver holds, and what it answers, after any sequence of messages.
//
//   greeting ── hello ──> receiving ── end ──> closed 1000          any state ── refusal ──> closed
import { crc32 } from 'node:zlib'
import { type CloseName, closeCodes } from '@rushes/protocol'

/** One thing that a sender, right or wrong, or the world does. Offsets are relative, so that any sequence makes sense. */
export type Command =
  | { does: 'connect' }
  | { does: 'hello'; on: number; token: 'right' | 'wrong' }
  | { does: 'chunk'; on: number; shift: number; length: number; epochShift: number; harm: Harm; settled: boolean }
  | { does: 'short frame'; on: number; length: number }
  | { does: 'junk text'; on: number; text: string }
  | { does: 'end'; on: number; sizeShift: number; epochShift: number; otherChain: boolean }
  | { does: 'rewind'; on: number; back: number; epochShift: number; otherChain: boolean }
  | { does: 'hang up'; on: number }
  /** The process dies and another takes over; behind what was stored lie bytes that nobody sent. */
  | { does: 'restart'; tail: number }

/** What was done to a chunk on its way. `position` is a fraction of the frame or of its payload. */
export type Harm =
  | { kind: 'none' }
  | { kind: 'header bit' | 'payload bit'; position: number }
  | { kind: 'other bytes' }
  | { kind: 'wrong type' }

export type ModelConnection = {
  state: 'greeting' | 'receiving' | 'closed'
  epoch: number
  /** Close code; null while it is open, or where nobody was told (hung up, process died). */
  closed: number | null
  /** Offset of the last acknowledgement or welcome; null before. */
  told: number | null
  /** A rewind is answered by another one (R2). */
  welcomes: number
}

export type Model = {
  body: Buffer
  epoch: number
  /** Bytes that this process acknowledged: nobody goes back behind them. */
  acknowledged: number
  published: boolean
  connections: ModelConnection[]
}

export const recordingLimit = 3000

export function emptyModel(): Model {
  return { body: Buffer.alloc(0), epoch: 0, acknowledged: 0, published: false, connections: [] }
}

/** What a sender would record from an offset on: any bytes do, as long as model and sender agree. */
export function bytesAt(offset: number, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => Math.imul(offset + index, 0x9e3779b1) >>> 24))
}

export function connectionOf(model: Model, on: number): ModelConnection | undefined {
  return model.connections.length === 0 ? undefined : model.connections[on % model.connections.length]
}

/** The offset, payload and chain that a chunk command means here. */
export function chunkOf(
  model: Model,
  command: Extract<Command, { does: 'chunk' }>,
): { offset: number; payload: Buffer; chain: number } {
  const offset = Math.max(0, model.body.length + command.shift)
  const known = model.body.subarray(offset, offset + command.length)
  const payload = Buffer.concat([known, bytesAt(offset + known.length, command.length - known.length)])
  const before =
    offset <= model.body.length
      ? model.body.subarray(0, offset)
      : Buffer.concat([model.body, bytesAt(model.body.length, offset - model.body.length)])
  return { offset, payload, chain: crc32(payload, crc32(before)) }
}

function close(connection: ModelConnection, name: CloseName): void {
  connection.state = 'closed'
  connection.closed = closeCodes[name].code
}

/** Changes the model as the command does; the rules in the order of SPEC.md. */
export function obey(model: Model, command: Command): void {
  if (command.does === 'connect') {
    model.connections.push({ state: 'greeting', epoch: 0, closed: null, told: null, welcomes: 0 })
    return
  }
  if (command.does === 'restart') {
    for (const connection of model.connections) connection.state = 'closed'
    if (model.published) return
    model.acknowledged = 0
    model.body = Buffer.concat([model.body, Buffer.alloc(command.tail, 0xee)])
    return
  }
  const connection = connectionOf(model, command.on)
  if (connection === undefined || connection.state === 'closed') return
  if (command.does === 'hang up') {
    connection.state = 'closed'
    return
  }
  if (command.does === 'hello') return greet(model, connection, command.token)
  // N3: nothing else may come before the hello.
  if (connection.state === 'greeting' || command.does === 'junk text' || command.does === 'short frame') {
    return close(connection, 'bad-message')
  }
  if (command.does === 'chunk') return takeChunk(model, connection, command)
  if (command.epochShift !== 0) return close(connection, 'stale-epoch')
  if (command.does === 'end') {
    if (Math.max(0, model.body.length + command.sizeShift) !== model.body.length)
      return close(connection, 'offset-conflict')
    if (command.otherChain) return close(connection, 'checksum-mismatch')
    model.published = true
    return close(connection, 'normal')
  }
  // R2
  const offset = Math.max(0, model.body.length - command.back)
  if (command.otherChain || offset < model.acknowledged) return close(connection, 'checksum-mismatch')
  model.body = model.body.subarray(0, offset)
  connection.told = offset
  connection.welcomes++
}

function greet(model: Model, connection: ModelConnection, token: 'right' | 'wrong'): void {
  if (connection.state === 'receiving') return close(connection, 'bad-message')
  if (token === 'wrong') return close(connection, 'not-found') // N6
  if (model.published) return close(connection, 'normal') // P4
  for (const other of model.connections) if (other.state === 'receiving') close(other, 'stale-epoch') // N4
  model.epoch++
  Object.assign(connection, { state: 'receiving', epoch: model.epoch, told: model.body.length, welcomes: 1 })
}

function takeChunk(model: Model, connection: ModelConnection, command: Extract<Command, { does: 'chunk' }>): void {
  const { offset, payload } = chunkOf(model, command)
  const end = offset + payload.length
  // K2: header checksum, epoch, offset, chain, in this order.
  if (command.harm.kind === 'header bit') return close(connection, 'checksum-mismatch')
  if (command.harm.kind === 'wrong type') return close(connection, 'bad-message')
  if (command.epochShift !== 0) return close(connection, 'stale-epoch')
  if (end <= model.body.length) {
    connection.told = model.body.length // K3
    return
  }
  if (offset !== model.body.length) return close(connection, 'offset-conflict')
  if (command.harm.kind !== 'none') return close(connection, 'checksum-mismatch')
  if (end > recordingLimit) return close(connection, 'recording-too-large')
  model.body = Buffer.concat([model.body, payload])
  model.acknowledged = connection.told = end
}
