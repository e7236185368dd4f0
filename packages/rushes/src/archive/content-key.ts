// Keys that items are encrypted with (packages/umf/SPEC.md, X4): kept in files, since what stands on a command line is seen by all.
import { readFile, stat } from 'node:fs/promises'
import type { ContentKey } from '@rushes/umf'
import type { Command } from 'commander'
import { CommandError } from '../output.ts'

export type KeyOptions = { keyFile?: string; passphraseFile?: string }

const keyBytes = 32
const mostBytes = 4096

export function addKeyOptions(command: Command, use: string): Command {
  return command
    .option('--key-file <file>', `${use}: a key of 32 bytes, as they are, in hex or in base64`)
    .option('--passphrase-file <file>', `${use}: a passphrase, the first line of this file`)
}

/** @throws CommandError `misused`, `no-such-file`, `bad-key` */
export async function readContentKey({ keyFile, passphraseFile }: KeyOptions): Promise<ContentKey | null> {
  if (keyFile !== undefined && passphraseFile !== undefined)
    throw new CommandError('misused', 'give --key-file or --passphrase-file, not both')
  if (keyFile !== undefined) return keyOf(await read(keyFile), keyFile)
  if (passphraseFile === undefined) return null
  const passphrase = (await read(passphraseFile)).toString('utf8').split(/\r?\n/)[0]!
  if (passphrase === '') throw new CommandError('bad-key', `${passphraseFile} begins with an empty line`)
  return passphrase
}

function keyOf(bytes: Buffer, path: string): Uint8Array {
  if (bytes.length === keyBytes) return new Uint8Array(bytes)
  const text = bytes.toString('latin1').trim()
  if (/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'))
  const decoded = Buffer.from(text, 'base64')
  if (decoded.length === keyBytes && decoded.toString('base64') === text) return new Uint8Array(decoded)
  throw new CommandError('bad-key', `${path} holds no key of ${keyBytes} bytes: openssl rand -base64 32 makes one`)
}

async function read(path: string): Promise<Buffer> {
  const found = await stat(path).catch(() => null)
  if (found === null) throw new CommandError('no-such-file', `the key ${path} can't be read`)
  if (found.isFile() && found.size > mostBytes) throw new CommandError('bad-key', `${path} is too large for a key`)
  return await readFile(path)
}
