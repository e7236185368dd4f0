import { Command } from 'commander'
import { printResult } from '../output.ts'
import { addEncodeOptions, readEncodeOptions } from './encode-options.ts'
import { encode, encodeOrders } from './encode-run.ts'
import { systemdUnit } from './systemd-unit.ts'

/** `rushes encode`: records a live source on this machine and delivers it without fail. */
export function addEncodeCommand(program: Command): void {
  const command = program
    .command('encode')
    .description('record a live source and deliver it, whatever the network does')
  addEncodeOptions(command).action(async () => {
    const options = readEncodeOptions(command)
    if (options.printSystemdUnit === true) {
      process.stdout.write(systemdUnit(options))
      return
    }
    const words = process.argv.slice(process.argv.indexOf('encode', 2) + 1)
    const run = options.fleet === undefined ? encode : encodeOrders
    const { result, startAgain } = await run(options, () => checkAgain(words))
    if (startAgain) await becomeAgain()
    printResult(result, options)
  })
}

/** Why these words can't be started with as files say now; null: they can. */
async function checkAgain(words: readonly string[]): Promise<string | null> {
  try {
    const command = addEncodeOptions(new Command('encode'))
      .exitOverride()
      .action(() => {})
    await command.parseAsync(words, { from: 'user' })
    readEncodeOptions(command)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The same process, begun anew: for a service manager it never went away. Where Node can't, it ends, and is started again. */
async function becomeAgain(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()))
  }
  process.execve?.(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], process.env)
}
