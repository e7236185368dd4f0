// What `rushes` can do, a module each, read only when it is asked for: all of them together are a thousand modules, and half
// of the time until a small command begins.
import type { Command } from 'commander'

type AddCommands = (program: Command) => void

/** In the order of the help. */
export const commands: readonly (readonly [names: readonly string[], read: () => Promise<AddCommands>])[] = [
  [['serve'], async () => (await import('./serve.ts')).addServeCommand],
  [['record'], async () => (await import('./record/record-command.ts')).addRecordCommand],
  [['upload'], async () => (await import('./upload/upload-command.ts')).addUploadCommand],
  [['decode'], async () => (await import('./decode.ts')).addDecodeCommand],
  [['doctor'], async () => (await import('./doctor.ts')).addDoctorCommand],
  [['encode'], async () => (await import('./encode/encode-command.ts')).addEncodeCommand],
  [['spool'], async () => (await import('./encode/spool-command.ts')).addSpoolCommand],
  [['backup', 'restore'], async () => (await import('./backup-command.ts')).addBackupCommands],
  [['convert'], async () => (await import('./convert/convert-command.ts')).addConvertCommand],
  [['layouts'], async () => (await import('./convert/layouts-command.ts')).addLayoutsCommand],
  [['inspect'], async () => (await import('./archive/inspect-command.ts')).addInspectCommand],
  [['verify'], async () => (await import('./archive/verify-command.ts')).addVerifyCommand],
  [['extract'], async () => (await import('./archive/extract-command.ts')).addExtractCommand],
  [['add', 'remove', 'set'], async () => (await import('./archive/edit-commands.ts')).addEditCommands],
  [['sign'], async () => (await import('./archive/sign-command.ts')).addSignCommand],
  [['compact'], async () => (await import('./archive/compact-command.ts')).addCompactCommand],
  [['pack'], async () => (await import('./archive/pack-command.ts')).addPackCommand],
  [['unpack'], async () => (await import('./archive/unpack-command.ts')).addUnpackCommand],
  [['export'], async () => (await import('./export/export-command.ts')).addExportCommand],
]

/** All of them for what is no command's name: the help tells all, and what was perhaps meant. */
export function commandsFor(name: string | undefined): (() => Promise<AddCommands>)[] {
  const asked = commands.filter(([names]) => name !== undefined && names.includes(name))
  return (asked.length > 0 ? asked : commands).map(([, read]) => read)
}
