import { type Command, Option } from 'commander'

/** A command that failed for a reason that its user can do something about. */
export class CommandError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandError'
    this.code = code
  }
}

/** Options of every command that talks to a server. */
export type ServerOptions = { server: string; key?: string; json?: boolean }

export function addServerOptions(command: Command): Command {
  return command
    .addOption(new Option('--server <url>', 'the server').env('RUSHES_SERVER').default('http://127.0.0.1:7070'))
    .addOption(new Option('--key <key>', 'API key').env('RUSHES_KEY'))
    .option('--json', 'print one JSON object')
}

/** The one result of a command: JSON for programs, lines for people; where there were lines of events, the last of them. */
export function printResult(
  result: Record<string, unknown>,
  { json = false, events = false }: { json?: boolean; events?: boolean },
): void {
  if (events) {
    process.stdout.write(`${JSON.stringify({ type: 'result', ...result })}\n`)
    return
  }
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  const width = Math.max(...Object.keys(result).map((name) => name.length))
  for (const [name, value] of Object.entries(result)) process.stdout.write(`${name.padEnd(width)}  ${value ?? '–'}\n`)
}

export function printFailure(error: unknown, json: boolean): void {
  const code = (error as { code?: unknown }).code
  const known = typeof code === 'string' ? code : 'internal'
  const { advice } = error as { advice?: unknown }
  const said = error instanceof Error ? error.message : String(error)
  const message = typeof advice === 'string' ? `${said}. ${advice}` : said
  if (json) process.stdout.write(`${JSON.stringify({ error: { code: known, message } })}\n`)
  else process.stderr.write(`rushes: ${message}\n`)
}
