import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, type Option } from 'commander'
import { parse, TomlError } from 'smol-toml'
import { CommandError } from '../output.ts'

/** Options that say what to do once, not how the command always runs. */
const notForFiles = ['config', 'print-systemd-unit', 'help']

/**
 * Gives each option of the command what a TOML file says, under the option's own name and by its own parser. What the
 * command line or the environment says counts more.
 *
 * @throws CommandError `bad-config`, naming the place
 */
export function applyConfig(command: Command, path: string): void {
  const text = read(path)
  const options = new Map(command.options.map((option) => [option.name(), option]))
  for (const name of notForFiles) options.delete(name)
  for (const [key, value] of Object.entries(table(text, path))) {
    const place = `${path}:${lineOf(key, text)}`
    if (key === 'key') {
      throw new CommandError('bad-config', `${place}: keep the key in a file of its own, and name that: key-file = "…"`)
    }
    const option = options.get(key)
    if (option === undefined) {
      throw new CommandError('bad-config', `${place}: there is no option ${key}; rushes encode --help lists them`)
    }
    const parsed = parsedBy(option, value, `${place}: ${key}`)
    const attribute = option.attributeName()
    const source = command.getOptionValueSource(attribute)
    if (source === 'cli' || source === 'env') continue
    command.setOptionValueWithSource(attribute, parsed, 'config')
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CommandError('bad-config', `${path} can't be read: ${(cause as Error).message}`, { cause })
  }
}

function table(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const [reason] = cause.message.split('\n', 1)
    throw new CommandError('bad-config', `${path}:${cause.line}:${cause.column}: ${reason}`, { cause })
  }
}

/** @param place where it stands, for whoever has to mend it */
function parsedBy(option: Option, value: unknown, place: string): unknown {
  const refuse = (wanted: string): never => {
    throw new CommandError('bad-config', `${place}: ${wanted}`)
  }
  if (option.isBoolean()) return typeof value === 'boolean' ? value : refuse('write true or false')
  // Options that may be given several times begin as an empty list.
  const isList = Array.isArray(option.defaultValue)
  const values = Array.isArray(value) ? value : [value]
  if (!isList && values.length !== 1) refuse('write one value')
  let parsed: unknown = isList ? [] : undefined
  for (const each of values) {
    if (typeof each !== 'string' && typeof each !== 'number') refuse('write a text or a number')
    try {
      parsed = option.parseArg === undefined ? String(each) : option.parseArg(String(each), parsed)
    } catch (cause) {
      if (!(cause instanceof InvalidArgumentError)) throw cause
      refuse(cause.message)
    }
  }
  return parsed
}

function lineOf(key: string, text: string): number {
  const bare = key.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const index = text.split('\n').findIndex((line) => new RegExp(`^\\s*\\[*\\s*["']?${bare}["']?\\s*[=.\\]]`).test(line))
  return index + 1
}
