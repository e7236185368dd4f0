import { CommandError } from '../output.ts'

/** Writes content to a pipe; the next bytes wait until it takes them. @throws CommandError `no-reader`, `misused` */
export function standardOutput(): (bytes: Uint8Array) => Promise<void> {
  const { stdout } = process
  if (stdout.isTTY) throw new CommandError('misused', 'a terminal is no place for an archive: pipe it, or give -o FILE')
  // Each write is told its own fault.
  stdout.on('error', () => {})
  return (bytes) =>
    new Promise((resolve, reject) => {
      stdout.write(bytes, (fault) => {
        if (fault == null) resolve()
        else reject(new CommandError('no-reader', `nobody reads the output any more: ${fault.message}`))
      })
    })
}
