/** The end of a text that comes in pieces: however much a program complains, this many bytes are kept. */
export class OutputTail {
  private readonly limit: number
  private parts: Buffer[] = []
  private length = 0

  constructor(limit: number) {
    this.limit = limit
  }

  push(bytes: Buffer): void {
    this.parts.push(bytes.length > this.limit ? bytes.subarray(-this.limit) : bytes)
    this.length += this.parts.at(-1)!.length
    // Joined only when twice the limit is there, so that a program of many short lines costs no more than its bytes.
    if (this.length > 2 * this.limit || this.parts.length > 1000) this.join()
  }

  private join(): Buffer {
    const whole = Buffer.concat(this.parts)
    const kept = Buffer.from(whole.subarray(Math.max(0, whole.length - this.limit)))
    this.parts = [kept]
    this.length = kept.length
    return kept
  }

  toString(): string {
    return this.join().toString('utf8')
  }
}
