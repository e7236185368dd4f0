import type { EncoderStatus } from '@rushes/encoder'

/** Shows an encoder's status somewhere; told every second, and at once when there is news. */
export interface StatusDisplay {
  show(status: EncoderStatus, news: readonly string[]): void
  /** Something that the command has to say meanwhile. */
  note(text: string): void
  close(): void
}
