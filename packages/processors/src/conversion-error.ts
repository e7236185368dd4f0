export type ConversionErrorCode =
  | 'not-possible' // no chain of rules makes this from that; `suggestions` says what could be asked for instead
  | 'not-needed' // the source is of that kind already
  | 'parameters-refused' // a size, time or rate that is out of bounds
  | 'input-refused' // the content isn't what it says, or of a kind that is never opened
  | 'input-too-large' // too many bytes, pixels, streams or too long
  | 'not-handled' // this processor doesn't know this variety; another may
  | 'output-too-large'
  | 'timed-out'
  | 'program-missing'
  | 'failed' // a program ended with an error
  | 'service-failed' // a service answered with an error, or not at all
  | 'address-refused' // a service is not where it may be
  | 'busy' // too many conversions wait
  | 'cancelled' // nobody waits for it any more

/** What to do instead, in the order in which it is best tried. */
export type Suggestions = {
  /** Content types that can be made from the same sources. */
  possible: readonly string[]
  /** Content types that have to be added to the sources, by patterns, for what was asked. */
  missing: readonly string[]
}

export class ConversionError extends Error {
  readonly code: ConversionErrorCode
  readonly suggestions: Suggestions
  /** The end of what a program or service said: for logs, it may name files of ours. */
  readonly detail: string

  constructor(code: ConversionErrorCode, message: string, more: { suggestions?: Suggestions; detail?: string } = {}) {
    super(message)
    this.name = 'ConversionError'
    this.code = code
    this.suggestions = more.suggestions ?? { possible: [], missing: [] }
    this.detail = more.detail ?? ''
  }
}
