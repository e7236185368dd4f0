export type EncodeEnd = {
  /** Of the last event. */
  result: Record<string, unknown>
  /** The same command is to go on, with what its options say now. */
  startAgain: boolean
}
