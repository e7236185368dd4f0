import type { EncoderStatus } from '@rushes/encoder'
import { byteCount, clockTime, oneLine, timeSpan } from './quantities.ts'

/** An encoder's status as one line; what there is nothing to say of is left out. */
export function statusLine(status: EncoderStatus): string {
  const { event, sources, recorded, queue, spool, delivery, older, warning } = status
  const sending = delivery.workers.filter(({ state }) => state === 'sending').length
  const parts = [
    event.state === 'acquiring' ? `recorded ${clockTime(event.recordedMs)}` : event.state,
    ...sources.map(({ name, state, fps, speed, droppedFrames, forMs }) =>
      state === 'running'
        ? `${name} ${Math.round(fps)} fps at ${speed.toFixed(2)}x${droppedFrames > 0 ? `, ${droppedFrames} dropped` : ''}`
        : `${name} ${state} for ${timeSpan(forMs)}`,
    ),
    `${delivery.files} delivered`,
    queue.files === 0 ? 'nothing waits' : `${queue.files} waiting (${byteCount(queue.bytes)})`,
    queue.oldestMs === null ? '' : `oldest ${timeSpan(queue.oldestMs)}`,
    delivery.workers.length === 0 ? '' : `${sending}/${delivery.workers.length} sending`,
    delivery.bytesPerSecond === 0 ? '' : `${byteCount(delivery.bytesPerSecond)}/s`,
    delivery.drainMs === null || delivery.drainMs === 0 ? '' : `${timeSpan(delivery.drainMs)} to drain`,
    queue.refused === 0 ? '' : `${queue.refused} refused`,
    spool.limitBytes === null ? '' : `spool ${Math.round((100 * spool.bytes) / spool.limitBytes)} % full`,
    older.events === 0 ? '' : `${older.files} of ${older.events} events before waiting (${byteCount(older.bytes)})`,
    recorded.gaps === 0 ? '' : `${recorded.gaps} ${recorded.gaps === 1 ? 'gap' : 'gaps'} (${timeSpan(recorded.gapMs)})`,
    recorded.withdrawn === 0 ? '' : `${recorded.withdrawn} segments withdrawn`,
    recorded.lost === 0 ? '' : `${recorded.lost} segments lost`,
    delivery.state === 'certifying' ? 'waiting for the certificate' : '',
    delivery.server === 'reachable' ? '' : `server ${delivery.server}`,
    warning === null ? '' : oneLine(warning),
  ]
  return parts.filter((part) => part !== '').join(' · ')
}
