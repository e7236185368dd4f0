// `key=value` of the command line, as members of an object.
import { CommandError } from '../output.ts'

/** `place.name=Hall` is `{path: ['place', 'name'], text: 'Hall'}`. */
export type Assignment = { path: readonly string[]; text: string }

/** Members whose values are text, whatever they look like. */
const textMembers = new Set(['name', 'type', 'contentType', 'title', 'language', 'description', 'pointer', 'value'])

export function isAssignment(word: string): boolean {
  return word.includes('=')
}

/** @throws CommandError `misused` */
export function parseAssignment(word: string): Assignment {
  const at = word.indexOf('=')
  const path = word.slice(0, at).split('.')
  if (at < 1 || path.some((part) => part === '' || part === '__proto__'))
    throw new CommandError('misused', `${word} sets nothing: write key=value, or key= to remove it`)
  return { path, text: word.slice(at + 1) }
}

/**
 * The members of `before` that change: set, or null to be removed.
 *
 * @throws CommandError `misused`: a part of a value that is no object
 */
export function assigned(
  before: Readonly<Record<string, unknown>>,
  assignments: readonly Assignment[],
): Record<string, unknown> {
  let after: Readonly<Record<string, unknown>> = before
  for (const { path, text } of assignments) after = withMember(after, path, parsedValue(path, text))
  const changed = new Set(assignments.map(({ path }) => path[0]!))
  return Object.fromEntries([...changed].map((name) => [name, Object.hasOwn(after, name) ? after[name] : null]))
}

function withMember(
  object: Readonly<Record<string, unknown>>,
  [name, ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(object).filter(([each]) => each !== name))
  if (rest.length === 0) return value === null ? kept : { ...kept, [name!]: value }
  const inner = Object.hasOwn(object, name!) ? object[name!] : {}
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner))
    throw new CommandError('misused', `${name} is no object: ${rest.join('.')} of it can't be set`)
  return { ...kept, [name!]: withMember(inner as Record<string, unknown>, rest, value) }
}

function parsedValue(path: readonly string[], text: string): unknown {
  if (text === '') return null
  if (path[0] === 'limits' && path.length === 2 && !text.startsWith('[')) return text.split(',')
  if (textMembers.has(path.at(-1)!)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
