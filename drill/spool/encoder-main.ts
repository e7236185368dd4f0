// A whole encoder under drill: a test picture through ffmpeg into a spool and to a server. First argument: its job as JSON.
import { openSpool, parseInput, parseRendition, type SpoolCounts, type SpoolHead, startEncode } from '@rushes/encoder'

export type EncoderJob = {
  folder: string
  head: SpoolHead
  key: string
  spoolBytes: number
  /** `test:?size=1280x720&rate=30` */
  source: string
  /** `1280x720@2500k` */
  rendition: string
}

/** Where it stands, every quarter of a second. */
export type EncoderStand = {
  state: string
  counts: SpoolCounts
  segments: number
  lost: number
  warning: string | null
  /** Of the source. */
  dropped: number
  speed: number
  lastError: string | null
}

export type EncoderMessage =
  | { type: 'stand'; stand: EncoderStand }
  | { type: 'done'; certificate: string | null }
  | { type: 'failed'; why: string }

const say = (message: EncoderMessage): void => void process.send?.(message)

async function run({ folder, head, key, spoolBytes, source, rendition }: EncoderJob): Promise<string | null> {
  const spool = await openSpool(folder, head)
  const encode = await startEncode({
    ...{ spool, key, spoolBytes, workers: { least: 2, most: 4 }, order: 'oldest', pace: 'live' },
    ...{ inputs: [parseInput(source)], renditions: [parseRendition(rendition)] },
  })
  const telling = setInterval(() => {
    const { state, sources, segments, lost, warning, delivery } = encode.progress
    const { dropped = 0, speed = 0 } = sources.get('main') ?? {}
    const stand = {
      state,
      counts: spool.counts(),
      segments,
      lost,
      warning,
      dropped,
      speed,
      lastError: delivery.lastError,
    }
    say({ type: 'stand', stand })
  }, 250)
  process.on('message', () => encode.finish())
  try {
    return await encode.done
  } finally {
    clearInterval(telling)
    spool.close()
  }
}

run(JSON.parse(process.argv[2]!) as EncoderJob)
  .then(
    (certificate) => say({ type: 'done', certificate }),
    (error: unknown) => {
      say({ type: 'failed', why: error instanceof Error ? (error.stack ?? error.message) : String(error) })
      process.exitCode = 1
    },
  )
  .finally(() => process.disconnect())
