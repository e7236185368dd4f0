// Frames as no honest sender sends them, one at a time over the wire: each gets its close code, and changes nothing.
import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { closeCodes } from '@rushes/protocol'
import { emptyReport, type Fault, type FaultContext, type FaultReport } from '../fault.ts'
import { createPatiently } from '../fleet.ts'
import type { InputMedia } from '../input-media.ts'
import { judgePublished, type SentRecording, storedBody } from '../oracle.ts'
import { type ServerProcess, startServer } from '../server-process.ts'
import { chunkMessage, openWireSender, rightChunk, WireClosed, type WireSender } from '../wire-sender.ts'

/** A recording that is sent by hand: how far it came is known here, not asked of the server. */
type HandSent = SentRecording & {
  offset: number
  epoch: number
  wire: WireSender
  formerFrames: { epoch: number; frame: Buffer }[]
}

/** What is done to the next chunk, and the close code it deserves; null: it is answered by an acknowledgement. */
type Hostility = {
  name: string
  code: number | null
  /** The frames that are sent; null where this recording has nothing to do it with yet. */
  frames(sent: HandSent, bytes: number, random: FaultContext['random']): Buffer[] | null
}

const next = (sent: HandSent, bytes: number): Buffer =>
  rightChunk(sent.epoch, sent.input.bytes, sent.offset, sent.offset + bytes)

const chainAt = (sent: HandSent, offset: number): number => crc32(sent.input.bytes.subarray(0, offset))

export const hostilities: readonly Hostility[] = [
  {
    name: 'flipped bit',
    code: closeCodes['checksum-mismatch'].code,
    frames(sent, bytes, random) {
      const frame = next(sent, bytes)
      const bit = random.integer(0, frame.length * 8 - 1)
      frame[bit >> 3]! ^= 1 << (bit & 7)
      return [frame]
    },
  },
  {
    name: 'cut payload',
    code: closeCodes['checksum-mismatch'].code,
    frames: (sent, bytes, random) => [next(sent, bytes).subarray(0, random.integer(25, 23 + bytes))],
  },
  {
    name: 'cut header',
    code: closeCodes['bad-message'].code,
    frames: (sent, bytes, random) => [next(sent, bytes).subarray(0, random.integer(0, 24))],
  },
  {
    name: 'gap',
    code: closeCodes['offset-conflict'].code,
    frames: (sent, bytes, random) => {
      const from = sent.offset + random.integer(1, bytes)
      return [rightChunk(sent.epoch, sent.input.bytes, from, from + bytes)]
    },
  },
  {
    name: 'overlap',
    code: closeCodes['offset-conflict'].code,
    frames: (sent, bytes, random) =>
      sent.offset === 0
        ? null
        : [
            rightChunk(
              sent.epoch,
              sent.input.bytes,
              sent.offset - random.integer(1, Math.min(sent.offset, bytes)),
              sent.offset + bytes,
            ),
          ],
  },
  {
    name: 'swapped frames',
    code: closeCodes['offset-conflict'].code,
    frames: (sent, bytes) => {
      const middle = sent.offset + Math.ceil(bytes / 2)
      const { bytes: body } = sent.input
      return [
        rightChunk(sent.epoch, body, middle, sent.offset + bytes),
        rightChunk(sent.epoch, body, sent.offset, middle),
      ]
    },
  },
  {
    name: 'repetition',
    code: null,
    frames: (sent, bytes, random) => {
      if (sent.offset === 0) return null
      const from = random.integer(Math.max(0, sent.offset - bytes), sent.offset - 1)
      return [rightChunk(sent.epoch, sent.input.bytes, from, random.integer(from + 1, sent.offset))]
    },
  },
  {
    name: 'replay from an earlier connection',
    code: closeCodes['stale-epoch'].code,
    frames(sent, _bytes, random) {
      const former = sent.formerFrames.filter(({ epoch }) => epoch !== sent.epoch)
      return former.length === 0 ? null : [random.pick(former).frame]
    },
  },
  {
    name: 'right bytes, stale epoch',
    code: closeCodes['stale-epoch'].code,
    frames: (sent, bytes) => [rightChunk(sent.epoch - 1, sent.input.bytes, sent.offset, sent.offset + bytes)],
  },
  {
    name: 'other bytes, right checksums of a wrong chain',
    code: closeCodes['checksum-mismatch'].code,
    frames: (sent, bytes, random) => {
      const payload = random.bytes(bytes)
      return [chunkMessage(sent.epoch, sent.offset, crc32(payload), payload)]
    },
  },
  {
    name: 'end before its bytes',
    code: closeCodes['offset-conflict'].code,
    frames: (sent, bytes) => {
      const size = sent.offset + bytes
      return [Buffer.from(JSON.stringify({ type: 'end', epoch: sent.epoch, size, crc: chainAt(sent, size) }))]
    },
  },
  {
    name: 'end with another chain',
    code: closeCodes['checksum-mismatch'].code,
    frames: (sent) => [
      Buffer.from(
        JSON.stringify({
          type: 'end',
          epoch: sent.epoch,
          size: sent.offset,
          crc: (chainAt(sent, sent.offset) ^ 1) >>> 0,
        }),
      ),
    ],
  },
  {
    name: 'end of a stale epoch',
    code: closeCodes['stale-epoch'].code,
    frames: (sent) => [
      Buffer.from(
        JSON.stringify({ type: 'end', epoch: sent.epoch - 1, size: sent.offset, crc: chainAt(sent, sent.offset) }),
      ),
    ],
  },
  {
    name: 'rewind behind an acknowledgement',
    code: closeCodes['checksum-mismatch'].code,
    frames: (sent) =>
      sent.offset === 0
        ? null
        : [Buffer.from(JSON.stringify({ type: 'rewind', epoch: sent.epoch, offset: 0, crc: 0 }))],
  },
]

const isText = (name: string): boolean => name.startsWith('end ') || name.startsWith('rewind ')

async function connect(sent: HandSent, problems: string[], after: string): Promise<void> {
  await sent.wire?.end()
  sent.wire = await openWireSender(sent.url)
  const welcome = await sent.wire.hello(sent.token)
  if (welcome.offset !== sent.offset || welcome.crc !== chainAt(sent, sent.offset)) {
    problems.push(
      `${after}: welcomed at ${welcome.offset}, chain ${welcome.crc}; sent and acknowledged were ${sent.offset}`,
    )
    sent.offset = welcome.offset
  }
  sent.epoch = welcome.epoch
}

export async function beginByHand(context: FaultContext, server: ServerProcess, input: InputMedia): Promise<HandSent> {
  const created = await createPatiently(server)
  const folder = join(context.scene.folder, created.id)
  mkdirSync(folder)
  const { id, token, ingestUrl: url } = created
  const wire = await openWireSender(url)
  const { epoch } = await wire.hello(token)
  return { id, token, url, input, folder, offset: 0, epoch, wire, formerFrames: [] }
}

async function advance(sent: HandSent, bytes: number): Promise<void> {
  const frame = next(sent, bytes)
  sent.wire.send(frame)
  sent.offset += bytes
  await sent.wire.acknowledged(sent.offset)
  sent.formerFrames.push({ epoch: sent.epoch, frame })
  if (sent.formerFrames.length > 20) sent.formerFrames.shift()
}

/** Sends the rest and publishes; the published file is what was sent. */
export async function finishByHand(sent: HandSent): Promise<string[]> {
  const { bytes } = sent.input
  while (sent.offset < bytes.length) await advance(sent, Math.min(512 * 1024, bytes.length - sent.offset))
  sent.wire.send(JSON.stringify({ type: 'end', epoch: sent.epoch, size: bytes.length, crc: crc32(bytes) }))
  for (;;) {
    const message = await sent.wire.next()
    if (message.type === 'published') return judgePublished(message.recording, sent)
  }
}

async function commit(
  sent: HandSent,
  hostility: Hostility,
  frames: Buffer[],
  server: ServerProcess,
): Promise<string[]> {
  const problems: string[] = []
  for (const frame of frames) sent.wire.send(isText(hostility.name) ? frame.toString() : frame)
  let code: number | null = null
  try {
    const answer = await sent.wire.next()
    if (answer.type !== 'ack' || answer.offset !== sent.offset)
      problems.push(`${hostility.name}: answered by ${JSON.stringify(answer)}`)
  } catch (error) {
    if (!(error instanceof WireClosed)) throw error
    code = error.closeCode
  }
  if (code !== hostility.code) problems.push(`${hostility.name}: close code ${code}, not ${hostility.code}`)
  const stored = await readFile(storedBody(server.blobsDir, sent.id)).catch(() => Buffer.alloc(0))
  if (!stored.equals(sent.input.bytes.subarray(0, sent.offset))) {
    problems.push(`${hostility.name}: ${stored.length} bytes are stored, ${sent.offset} were sent, or others`)
  }
  return problems
}

async function run(context: FaultContext): Promise<FaultReport> {
  const { random, scale, media } = context
  const report = emptyReport()
  const server = await startServer(context)
  const rounds = scale === 'full' ? 60 : 3
  for (const input of scale === 'full' ? media : media.slice(0, 1)) {
    const sent = await beginByHand(context, server, input)
    for (let round = 0; round < rounds; round++) {
      for (const hostility of hostilities) {
        // Behind a frame that was taken wrongly nothing can be told any more.
        if (report.problems.length > 0) return report
        // Every other frame meets an empty socket; the rest come behind chunks that are still on their way to the disk.
        if (sent.offset < input.bytes.length * 0.8) await advance(sent, random.integer(1, 2000))
        const frames = hostility.frames(sent, random.integer(2, 3000), random)
        if (frames === null) continue
        report.problems.push(...(await commit(sent, hostility, frames, server)))
        report.trials++
        await connect(sent, report.problems, hostility.name)
      }
    }
    if (scale === 'full') report.trials += await everyBit(sent, report.problems)
    report.problems.push(...(await finishByHand(sent)))
    report.acknowledgedBytes += sent.offset
  }
  await server.stop()
  return report
}

/** Each single bit of one chunk, header and payload, altered in turn. */
async function everyBit(sent: HandSent, problems: string[]): Promise<number> {
  const payloadBytes = 64
  let bits = 0
  for (; bits < (24 + payloadBytes) * 8 && problems.length < 20; bits++) {
    const frame = next(sent, payloadBytes)
    frame[bits >> 3]! ^= 1 << (bits & 7)
    sent.wire.send(frame)
    const code = await sent.wire.closed()
    if (code !== closeCodes['checksum-mismatch'].code) problems.push(`bit ${bits} altered: close code ${code}`)
    await connect(sent, problems, `bit ${bits} altered`)
  }
  return bits
}

export const hostileFrames: Fault = {
  name: 'hostile frames',
  run,
}
