import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { CommandError } from '../output.ts'

/**
 * Keeps two commands from changing one file at a time. A socket in Linux's abstract namespace (unix(7)) is the lock: it
 * goes with its process however that ends, and leaves nothing behind. Elsewhere there is none.
 *
 * @throws CommandError `in-use`
 */
export async function lockFile(path: string): Promise<AsyncDisposable> {
  if (process.platform !== 'linux') return { async [Symbol.asyncDispose]() {} }
  const { dev, ino } = await stat(path, { bigint: true })
  const server = createServer((socket) => socket.destroy())
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (fault: NodeJS.ErrnoException) => {
    const isTaken = fault.code === 'EADDRINUSE'
    reject(
      isTaken
        ? new CommandError('in-use', `${path} is being changed by another command: try again when it ended`)
        : fault,
    )
  })
  server.listen({ path: `\0rushes-umf-${dev}-${ino}` }, resolve)
  await promise
  return {
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}
