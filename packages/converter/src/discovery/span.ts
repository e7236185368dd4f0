/** A piece of the text. */
export type Span = readonly [from: number, to: number]
