/** Longest name of an item, bytes of UTF-8. */
const MOST_NAME_BYTES = 255

/**
 * What E1 of SPEC.md has against a name, in words; null for a good one. Such a name is safe as a path below a folder on
 * every system, but for the names that Windows keeps for devices, and for names that differ in case alone.
 */
export function nameProblem(name: string): string | null {
  // Most names are told by this alone; an archive of 10,000 items is open a fifth sooner.
  if (name.length <= MOST_NAME_BYTES && /^[\w\-. /]+$/.test(name) && !/^\/|\/\/|\/$|[ .](?:\/|$)/.test(name))
    return null
  if (name === '') return 'it is empty'
  if (new TextEncoder().encode(name).length > MOST_NAME_BYTES) return `it is longer than ${MOST_NAME_BYTES} bytes`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f\\:]/.test(name)) return 'it has a control character, a backslash or a colon'
  if (!name.isWellFormed() || name.normalize('NFC') !== name) return "it is not in Unicode's form C"
  for (const part of name.split('/')) {
    if (part === '') return 'it has an empty part'
    if (/[ .]$/.test(part)) return 'a part of it ends in a full stop or a space'
  }
  return null
}
