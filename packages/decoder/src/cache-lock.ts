import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DecoderError } from './decoder-error.ts'

/**
 * Claims a cache folder for this process. Node has no flock, but SQLite takes an fcntl lock, which the kernel gives
 * back however the process ends: nothing stale is left by a kill -9.
 *
 * @throws DecoderError `cache-in-use`, `cache-failed`
 */
export function lockCache(folder: string): Disposable {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(folder, 'lock'), { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database?.close()
    // SQLITE_BUSY: https://sqlite.org/rescode.html#busy
    if ((cause as { errcode?: unknown }).errcode === 5) {
      throw new DecoderError('cache-in-use', `another decoder plays this delivery out of ${folder}; give --cache DIR`)
    }
    throw new DecoderError('cache-failed', `the cache ${folder} cannot be used: ${cause}`, { cause })
  }
  const held = database
  return { [Symbol.dispose]: () => held.close() }
}
