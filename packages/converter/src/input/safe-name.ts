import { nameProblem } from '@rushes/umf'
import { ConvertError } from '../convert-error.ts'

/**
 * A path as somebody's archive gives it, as the name of an item: relative, below the archive's root. What only looks odd is
 * replaced; what leads elsewhere is refused.
 *
 * @throws ConvertError `hostile-name`
 */
export function safeName(given: string): string {
  const refuse = (why: string) => new ConvertError('hostile-name', `${JSON.stringify(given.slice(0, 200))} ${why}`)
  const slashed = given.replaceAll('\\', '/')
  if (slashed.startsWith('/') || /^[a-z]:\//i.test(slashed)) throw refuse('is an absolute path')
  const parts = slashed.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw refuse('leads out of the archive')
  const name = parts
    .map((part) =>
      part
        .toWellFormed()
        .normalize('NFC')
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
        .replaceAll(/[\u0000-\u001f\u007f\\:]/g, '_')
        .replace(/[ .]+$/, '_'),
    )
    .join('/')
  const problem = nameProblem(name)
  if (problem !== null) throw refuse(`can't be the name of an item: ${problem}`)
  return name
}
