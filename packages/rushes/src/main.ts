import { Command, CommanderError } from 'commander'
import { addCompactCommand } from './archive/compact-command.ts'
import { addEditCommands } from './archive/edit-commands.ts'
import { addExtractCommand } from './archive/extract-command.ts'
import { addInspectCommand } from './archive/inspect-command.ts'
import { addPackCommand } from './archive/pack-command.ts'
import { addSignCommand } from './archive/sign-command.ts'
import { addUnpackCommand } from './archive/unpack-command.ts'
import { addVerifyCommand } from './archive/verify-command.ts'
import { addBackupCommands } from './backup-command.ts'
import { addConvertCommand } from './convert/convert-command.ts'
import { addLayoutsCommand } from './convert/layouts-command.ts'
import { addDecodeCommand } from './decode.ts'
import { addDoctorCommand } from './doctor.ts'
import { addEncodeCommand } from './encode/encode-command.ts'
import { addSpoolCommand } from './encode/spool-command.ts'
import { addExportCommand } from './export/export-command.ts'
import { CommandError, printFailure } from './output.ts'
import { addRecordCommand } from './record/record-command.ts'
import { addServeCommand } from './serve.ts'
import { addUploadCommand } from './upload/upload-command.ts'
import { version } from './version.ts'

const program = new Command('rushes')
  .description('Recorded media that is ready to watch the moment the recording stops.')
  .version(version)
  .showHelpAfterError('(rushes --help lists the commands)')
  .exitOverride()
  .configureOutput({ writeOut: (text) => void process.stdout.write(text) })

addServeCommand(program)
addRecordCommand(program)
addUploadCommand(program)
addDecodeCommand(program)
addDoctorCommand(program)
addEncodeCommand(program)
addSpoolCommand(program)
addBackupCommands(program)
addConvertCommand(program)
addLayoutsCommand(program)
addInspectCommand(program)
addVerifyCommand(program)
addExtractCommand(program)
addEditCommands(program)
addSignCommand(program)
addCompactCommand(program)
addPackCommand(program)
addUnpackCommand(program)
addExportCommand(program)

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
