import { open } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { DecoderError } from './decoder-error.ts'

/** Where the media goes; a write resolves when it takes more. Failures are DecoderError `output-failed`. */
export interface MediaOutput {
  write(bytes: Uint8Array): Promise<void>
  /** After the last write; resolves when everything is out, in a file synced. */
  close(): Promise<void>
}

/** @throws DecoderError `output-failed` */
export async function fileOutput(path: string): Promise<MediaOutput> {
  const fail = (cause: unknown): never => {
    throw new DecoderError('output-failed', `${path} cannot be written: ${messageOf(cause)}`, { cause })
  }
  const file = await open(path, 'w').catch(fail)
  return {
    write: async (bytes) => await file.appendFile(bytes).catch(fail),
    async close() {
      try {
        // A named pipe or a device has nothing to sync.
        if ((await file.stat()).isFile()) await file.datasync()
      } catch (cause) {
        fail(cause)
      } finally {
        await file.close()
      }
    },
  }
}

/** A pipe, such as standard output; `ends` closes it after the last write. */
export function pipeOutput(pipe: Writable, ends: boolean): MediaOutput {
  let failure: Error | null = null
  pipe.on('error', (error) => {
    failure = error
  })
  const settle = (resolve: () => void, reject: (error: Error) => void) => (error?: Error | null) => {
    const cause = error ?? failure
    if (cause === null || cause === undefined) resolve()
    else reject(new DecoderError('output-failed', `nobody takes the media any more: ${messageOf(cause)}`, { cause }))
  }
  return {
    write: (bytes) => new Promise((resolve, reject) => pipe.write(bytes, settle(resolve, reject))),
    close: () =>
      new Promise((resolve, reject) => {
        if (ends) pipe.end(settle(resolve, reject))
        else pipe.write('', settle(resolve, reject))
      }),
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
