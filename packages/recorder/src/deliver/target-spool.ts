// A target's view of the spool: for the recording itself that is the body; for a rest (SPEC.md Q2), the head and then
// the body from the cut on.
import type { Spool } from '@rushes/protocol'
import type { DurableSpool } from '../spool/durable-spool.ts'
import type { SpoolTarget } from '../spool/spool-store.ts'

export function toBodyOffset(spool: DurableSpool, target: SpoolTarget, offset: number): number {
  if (target.cut === 0) return offset
  return target.cut + Math.max(0, offset - spool.meta.headBytes)
}

export function targetSpool(spool: DurableSpool, target: SpoolTarget): Spool {
  const head = target.cut === 0 ? 0 : spool.meta.headBytes
  let current = target
  return {
    get size() {
      return target.cut === 0 ? Math.max(spool.size, current.offset) : head + Math.max(0, spool.size - target.cut)
    },
    acknowledged: { offset: target.offset, crc: target.crc },
    read(offset, length) {
      if (target.cut === 0) return spool.read(offset, length)
      if (offset < head) return spool.read(offset, Math.min(length, head - offset))
      return spool.read(target.cut + offset - head, length)
    },
    events: {
      get count() {
        return Math.max(0, spool.events.count - target.firstEvent)
      },
      async read(first, most) {
        return (await spool.events.read(target.firstEvent + first, most)).map(({ text }) => text)
      },
    },
    acknowledge(offset, crc) {
      current = { ...current, offset, crc }
      return spool.acknowledge(current, toBodyOffset(spool, target, offset))
    },
  }
}
