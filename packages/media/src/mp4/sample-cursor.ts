/** Walks samples one by one without making any: the fields are those of the sample that it stands on. */
export interface SampleCursor {
  offset: number
  size: number
  dts: number
  pts: number
  duration: number
  sync: boolean
  /** Goes to the next sample (at first, to the first one); false when there is none. */
  next(): boolean
}
