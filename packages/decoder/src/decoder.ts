import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type CacheFolder, openCacheFolder } from './cache-folder.ts'
import { DecoderError } from './decoder-error.ts'
import { checkOptions, type DecodeProgress, type DecodeResult, type DecoderOptions } from './decoder-options.ts'
import { deliveryClient } from './delivery-client.ts'
import { followManifest } from './manifest-follower.ts'
import { type ManifestLog, openManifestLog } from './manifest-log.ts'
import { Playback } from './playback.ts'

/** A delivery that is being played. */
export interface Decoder {
  /** Resolves at the end, or when stopped; rejects with a {@link DecoderError}. */
  readonly done: Promise<DecodeResult>
  readonly progress: DecodeProgress
  /**
   * Goes to a moment of the event (ms since the Unix epoch by its wall clock), which is due now. Before the first
   * segment is listed it changes nothing.
   */
  seek(wallClock: number): void
  /** Ends after what is being written. */
  stop(): void
}

/**
 * Plays a delivery into `output`: one fragmented MP4 of a video and an audio representation, each file verified by its
 * digest. The cache outlives the process: opened again, it fetches only what is missing.
 *
 * @throws DecoderError `bad-option`, `cache-in-use`, `cache-failed`
 */
export async function openDecoder(options: DecoderOptions): Promise<Decoder> {
  checkOptions(options)
  const cache = await openCacheFolder(join(options.cacheFolder, options.id))
  let log: ManifestLog
  try {
    log = await openManifestLog(cache.path)
  } catch (error) {
    cache.close()
    throw error
  }
  const client = deliveryClient(options)
  const playback = new Playback(options, cache, log.manifest, client)
  const following = new AbortController()
  const random = options.random ?? Math.random
  const followed = followManifest({
    client,
    log,
    random,
    signal: following.signal,
    onChange: (trouble) => playback.heard(trouble),
  }).catch((error: unknown) => playback.fail(asDecoderError(error, cache.path)))

  async function run(): Promise<DecodeResult> {
    let result: DecodeResult | undefined
    try {
      result = await playback.run()
      return result
    } finally {
      following.abort()
      await playback.close()
      await followed
      await log.close()
      if (result?.complete === true && options.keepCache !== true) await removeCache(cache)
      cache.close()
    }
  }

  return {
    done: run(),
    get progress() {
      return playback.progress()
    },
    seek: (wallClock) => playback.seek(wallClock),
    stop: () => playback.stop(),
  }
}

/** What is not the manifest's own fault is that of the disk it is noted on. */
function asDecoderError(error: unknown, path: string): DecoderError {
  if (error instanceof DecoderError) return error
  return new DecoderError('cache-failed', `the cache ${path} cannot be written: ${error}`, { cause: error })
}

async function removeCache(cache: CacheFolder): Promise<void> {
  await rm(cache.path, { recursive: true, force: true })
}
