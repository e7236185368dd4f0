// A sender process: takes jobs from its parent and sends each as a live recording, over the product's own sender.
import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { type IngestSocket, openIngestSender, parseReceiverMessage, type RecordingView } from '@rushes/protocol'
import { WebSocket } from 'ws'
import { type DrillSpool, openDrillSpool } from './drill-spool.ts'

export type SenderJob = {
  id: string
  url: string
  token: string
  input: string
  /** Of the spool and the log. */
  folder: string
  /** 0: all is recorded already. */
  bytesPerSecond: number
  /** False: keeps the recording open at its end. */
  ends: boolean
  silenceMs?: number
}

export type SenderReport =
  | { id: string; state: 'published'; recording: RecordingView }
  | { id: string; state: 'sending'; epoch: number }
  | { id: string; state: 'waiting' | 'stopped'; after: string }
  | { id: string; state: 'recorded' }

const stepMs = 40

function report(message: SenderReport): void {
  process.send?.(message)
}

function send(job: SenderJob): void {
  const spool = openDrillSpool(job.folder)
  const input = readFileSync(job.input)
  const sender = openIngestSender({
    url: job.url,
    token: job.token,
    spool,
    crc32,
    ...(job.silenceMs !== undefined && { silenceMs: job.silenceMs }),
    connect: (url, subprotocol) => overheard(new WebSocket(url, subprotocol, { perMessageDeflate: false }), spool),
    onState(state) {
      const { id } = job
      if (state.state === 'sending') report({ id, state: 'sending', epoch: state.epoch })
      else if (state.state === 'waiting' || state.state === 'stopped')
        report({ id, state: state.state, after: state.after })
      else if (state.state === 'published') report({ id, state: 'published', recording: state.recording })
    },
  })
  const recorder = setInterval(() => {
    const step = job.bytesPerSecond === 0 ? input.length : Math.ceil((job.bytesPerSecond * stepMs) / 1000)
    spool.record(input.subarray(spool.size, spool.size + step))
    sender.grown()
    if (spool.size < input.length) return
    clearInterval(recorder)
    report({ id: job.id, state: 'recorded' })
    if (job.ends) sender.end()
  }, stepMs)
  sender.done.finally(() => {
    clearInterval(recorder)
    spool.close()
  })
}

/** What the receiver says is witnessed before the sender sees it. */
function overheard(socket: WebSocket, spool: DrillSpool): IngestSocket {
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) return
    try {
      const message = parseReceiverMessage(data.toString('utf8'))
      if (message.type === 'published')
        spool.witness({ kind: 'published', epoch: 0, offset: message.recording.bytes, crc: 0 })
      else if (message.type === 'ack' || (message.type === 'welcome' && message.state === 'receiving')) {
        spool.witness({ kind: message.type, epoch: message.epoch, offset: message.offset, crc: message.crc })
      }
    } catch {
      // Altered on its way by the drill, or it came after the end: the sender judges it.
    }
  })
  return socket as unknown as IngestSocket
}

process.on('message', (job: SenderJob) => send(job))
process.on('disconnect', () => process.exit(0))
