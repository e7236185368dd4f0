// Room for what is recorded: what is delivered goes first; what is not, only where somebody allowed it.
import type { WithdrawnEntry } from '@rushes/protocol'
import type { Spool } from './spool.ts'
import { SpoolError } from './spool-error.ts'

/**
 * What goes when the spool is full of what is not delivered: nothing, so that what comes is lost; or additional renditions,
 * the last one first and of each the newest first. The first picture and the first sound of a set always stay.
 */
export type WhenFull = 'keep' | 'drop-renditions'

/** Of the limit, from which on a spool that can't be emptied is worth a warning. */
const nearlyFull = 0.8
/**
 * Of the disk, left to what needs little and can't do without: SQLite's log, the gap that says what found no room, the marks
 * of what was delivered.
 */
const reserveBytes = 8 * 2 ** 20
/** Of the limit, that has to be free before what was full is used again: else every second segment would be lost. */
const enoughAgain = 0.05

export class SpoolRoom {
  readonly #spool: Spool
  readonly #limit: number
  /** What the files may take: the limit, or less where the disk has less. */
  #room: number

  constructor(spool: Spool, limit: number) {
    this.#spool = spool
    this.#limit = limit
    this.#room = limit
  }

  /** Why files may soon find no room, or find none; null when all is well. */
  get warning(): string | null {
    const { pendingBytes } = this.#spool.counts()
    if (this.#room <= 0) return "the spool's disk is full"
    if (pendingBytes < this.#room * nearlyFull) return null
    return `${Math.round((100 * pendingBytes) / this.#room)} % of the spool waits to be delivered`
  }

  /**
   * Makes room for `bytes`.
   *
   * @param needs bytes of each segment that found no room since there last was enough
   * @param expendable representations that may be withdrawn for it, in the order in which they go
   * @throws SpoolError `spool-full`
   */
  async make(
    bytes: number,
    needs: readonly number[],
    expendable: readonly string[],
    onWithdrawn: (entry: WithdrawnEntry) => void,
  ): Promise<void> {
    const least = needs.length === 0 ? bytes : Math.max(bytes, this.#room * enoughAgain, ...needs)
    if (await this.freeUntil(least)) return
    const full = this.#room < this.#limit ? 'disk is' : `${this.#limit} bytes are`
    const error = new SpoolError('spool-full', `the spool's ${full} full of files that are not delivered`)
    for (const representation of expendable) {
      for (;;) {
        const withdrawn = this.#spool.withdrawNewest(representation, error.message)
        if (withdrawn === null) break
        onWithdrawn(withdrawn.entry)
        await this.#spool.files.remove(withdrawn.name)
        if (await this.freeUntil(least)) return
      }
    }
    throw error
  }

  /** Removes delivered files, oldest first, until there is room for `bytes`; whether there is. */
  async freeUntil(bytes: number): Promise<boolean> {
    for (;;) {
      const { heldBytes } = this.#spool.counts()
      this.#room = Math.min(this.#limit, heldBytes + (await this.#spool.files.freeBytes()) - reserveBytes)
      if (heldBytes + bytes <= this.#room) return true
      const oldest = this.#spool.removable(16)
      if (oldest.length === 0) return false
      for (const { name } of oldest) {
        await this.#spool.files.remove(name)
        this.#spool.markRemoved(name)
      }
    }
  }
}
