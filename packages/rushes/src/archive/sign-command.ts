import { hostname, userInfo } from 'node:os'
import { signer } from '@rushes/umf'
import type { Command } from 'commander'
import { printResult } from '../output.ts'
import { editArchive, fileAt } from './archive-file.ts'
import { readSigningKey, writeNewKey } from './key-file.ts'

type Options = { key: string; signer?: string; newKey?: boolean; json?: boolean }

export function addSignCommand(program: Command): void {
  program
    .command('sign <file>')
    .description('sign the present state of an archive; any change of it later leaves no signature')
    .requiredOption('--key <file>', 'private key in PEM (PKCS#8): Ed25519, or ECDSA on P-256')
    .option('--new-key', 'make the key first, and FILE.pub beside it for those who verify')
    .option('--signer <name>', 'who signs, for people; by default you, on this machine')
    .option('--json', 'print one JSON object')
    .action(async (path: string, options: Options) => {
      await fileAt(path) // before a key is made for nothing
      const made = options.newKey === true ? await writeNewKey(options.key) : null
      const keys = await readSigningKey(options.key)
      const name = options.signer ?? `${userInfo().username}@${hostname()}`
      const result = await editArchive(path, async (editor) => {
        await editor.sign([signer(name, keys)])
        const { description, generation, signatures } = editor.state
        const { algorithm, key, time, root } = signatures.at(-1)!
        return { id: description.id, generation, signer: name, algorithm, time, root, key }
      })
      printResult({ ...result, ...(made && { publicKey: made.publicPath }) }, options)
    })
}
