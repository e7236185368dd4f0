import parseRange from 'range-parser'

/**
 * Ranges of a `Range` field, as range-parser has them: -1 where none of them can be satisfied, -2 where it is none.
 *
 * Of a file that is shorter than a suffix, the suffix is all of it (RFC 9110 §14.1.2); range-parser says that there is none.
 */
export function byteRanges(size: number, field: string): ReturnType<typeof parseRange> {
  const within = field.replaceAll(/([=,]\s*)-(\d+)/g, (all, before: string, length: string) =>
    Number(length) > size ? `${before}0-` : all,
  )
  return parseRange(size, within)
}
