import { Command, CommanderError } from 'commander'
import { commandsFor } from './commands.ts'
import { CommandError, printFailure } from './output.ts'
import { version } from './version.ts'

const program = new Command('rushes')
  .description('Recorded media that is ready to watch the moment the recording stops.')
  .version(version)
  .showHelpAfterError('(rushes --help lists the commands)')
  .exitOverride()
  .configureOutput({ writeOut: (text) => void process.stdout.write(text) })

for (const read of commandsFor(process.argv[2])) (await read())(program)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version are no failures; everything else that commander refuses is misuse.
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else {
    printFailure(error, process.argv.includes('--json'))
    process.exitCode = error instanceof CommandError && error.code === 'misused' ? 2 : 1
  }
}
