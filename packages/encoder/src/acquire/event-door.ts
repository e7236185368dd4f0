import type { AcquisitionEvent } from './acquisition-event.ts'

/** What a consumer may have been given and not yet be done with. */
const mostBytesInFlight = 512 * 2 ** 20

/**
 * Hands events on and never waits for it. A consumer that answers with a promise is counted: what it was given stays in
 * memory until then, and over a bound segments are refused here, loudly, instead of taking the machine with them.
 */
export class EventDoor {
  private readonly consumer: (event: AcquisitionEvent) => void | Promise<void>
  private readonly most: number
  private inFlight = 0
  private isBehind = false

  constructor(consumer: (event: AcquisitionEvent) => void | Promise<void>, most: number = mostBytesInFlight) {
    this.consumer = consumer
    this.most = most
  }

  tell(event: AcquisitionEvent): void {
    const size = event.type === 'segment' ? event.bytes.length : 0
    const answer = this.consumer(event)
    if (!(answer instanceof Promise)) return
    this.inFlight += size
    const settle = (): void => {
      this.inFlight -= size
    }
    answer.then(settle, settle)
  }

  /** Whether a segment of this size may be told; when not, says so once until one may again. */
  hasRoom(set: string, bytes: number): boolean {
    const fits = this.inFlight + bytes <= this.most
    if (!fits && !this.isBehind) {
      const detail = `${this.inFlight} bytes wait to be stored; segments are lost until they are`
      this.tell({ type: 'critical', set, code: 'consumer-behind', detail })
    }
    this.isBehind = !fits
    return fits
  }
}
