import { stat } from 'node:fs/promises'
import { compactArchive, encodeAnchor, SLOTS } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import type { Command } from 'commander'
import { printResult } from '../output.ts'
import { fileAt, readArchive } from './archive-file.ts'
import { lockFile } from './file-lock.ts'
import { writeNewFile } from './new-file.ts'
import { watchWork } from './work-progress.ts'

type Options = { json?: boolean }

export function addCompactCommand(program: Command): void {
  program
    .command('compact <file>')
    .description('write an archive anew without what it does not use any more; signatures are of the old file, and go')
    .option('--json', 'print one JSON object')
    .action(async (path: string, options: Options) => {
      const real = await fileAt(path)
      await using _lock = await lockFile(real)
      await using source = await openFile(real)
      const { state, signatures } = await readArchive(source)
      const { mode } = await stat(real)
      using progress = watchWork('compact', options, source.size)
      let written = 0
      await writeNewFile(real, { force: true, mode: mode & 0o777 }, async (file) => {
        const anchor = await compactArchive(source, state, {
          sha256: nodeSha256,
          write: (bytes) => file.write(bytes),
          onProgress(done) {
            progress.add(done - written)
            written = done
          },
        })
        await file.patch(SLOTS[0], encodeAnchor(anchor, nodeSha256))
      })
      const { size } = await stat(real)
      const { id } = state.description
      printResult(
        { id, before: source.size, bytes: size, freed: source.size - size, signaturesLeftOut: signatures.length },
        options,
      )
    })
}
