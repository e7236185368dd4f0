// The lease of one upload, kept from request to request.
//
//   open ── append ──> open        fenced, or a failing disk ──> lost: the next request opens another
import { crc32 } from 'node:zlib'
import type { EndReason } from '@rushes/protocol'
import type { Body } from '../body/body.ts'
import type { BodyError } from '../body/body-error.ts'
import type { ReceiveBudget } from '../receive/limits.ts'
import type { Holder } from '../receive/open-recording.ts'
import type { Held } from '../receive/receiver.ts'
import { UploadError } from './upload-error.ts'

export class UploadWriter implements Holder {
  readonly #budget: ReceiveBudget
  /** Bytes that were received and are not durable. */
  #outstanding = 0
  #held: Held | null = null
  #loss: Error | null = null
  #wake: (() => void) | null = null
  /** Counts the requests that wrote: of two that overlap, the later one counts. */
  #turn = 0

  /** @param budget the memory that all uploads share for bytes that are on their way to the disk */
  constructor(budget: ReceiveBudget) {
    this.#budget = budget
  }

  /** @throws UploadError `gone` */
  async open(hold: (holder: Holder) => Promise<Held | undefined>): Promise<void> {
    const held = await hold(this)
    if (held === undefined) throw new UploadError('gone', 'this upload is complete, deleted or expired')
    this.#held = held
  }

  get isLost(): boolean {
    return this.#loss !== null
  }

  get body(): Body {
    if (this.#loss !== null) throw this.#loss
    return this.#held!.body
  }

  fenced(reason: Parameters<Holder['fenced']>[0]): void {
    // Nobody else writes uploads: a lease that is taken away means that this server ends, and another will go on.
    if (reason === 'stale-epoch') this.#lose(new UploadError('unavailable', 'this server is ending; try again'))
    else this.#lose(new UploadError('gone', 'this upload is complete or deleted'))
  }

  durable(size: number): void {
    this.#count(this.#held!.body.received.size - size - this.#outstanding)
    this.#wake?.()
  }

  failed(error: BodyError): void {
    this.#lose(error)
  }

  #lose(error: Error): void {
    this.#loss ??= error
    this.#count(-this.#outstanding)
    this.#wake?.()
  }

  #count(bytes: number): void {
    this.#outstanding += bytes
    this.#budget.outstanding += bytes
  }

  /**
   * Begins a request: what still comes with earlier ones is refused, and what they left unproven is kept, since the end of
   * the file is proven too. @throws BodyError, UploadError
   */
  async takeTurn(): Promise<number> {
    const turn = ++this.#turn
    await this.#held!.body.synced()
    this.#held!.body.prove()
    await this.settled()
    return turn
  }

  isTurn(turn: number): boolean {
    return turn === this.#turn
  }

  /**
   * Appends bytes of the request that has `turn`, at the pace of the disk.
   *
   * @throws UploadError `superseded`, BodyError
   */
  async append(bytes: Uint8Array, turn: number): Promise<void> {
    if (turn !== this.#turn) throw new UploadError('superseded', 'a later request writes this upload')
    const { body } = this
    this.#count(bytes.length)
    body.append(bytes, crc32(bytes, body.received.crc))
    while (this.#loss === null && this.#outstanding > this.#budget.window()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#wake = null
    if (this.#loss !== null) throw this.#loss
  }

  /** Settles when every byte that was appended is durable. @throws BodyError, UploadError */
  async synced(): Promise<Body> {
    await this.#held!.body.synced()
    return this.body
  }

  /** Settles when every byte that was appended is durable, indexed and hashed. @throws BodyError, UploadError */
  async settled(): Promise<Body> {
    await this.#held!.body.drained()
    return this.body
  }

  /** @throws UploadError `gone` where somebody else published or deleted it */
  async publish(endReason: EndReason): Promise<void> {
    try {
      if (!(await this.#held!.publish(endReason))) throw new UploadError('gone', 'this upload is no more')
    } finally {
      // Whether or not it is published: this body takes no more bytes.
      this.#lose(new UploadError('gone', 'this upload is complete'))
    }
  }

  release(): void {
    this.#held?.release()
  }
}
