// A recording while it arrives, as HLS: by hls.js through Media Source Extensions, or by the browser itself.
import type Hls from 'hls.js'
import { hlsType, type LiveStream, type LiveStreamOptions } from './live-stream.ts'
import { StallReserve } from './stall-reserve.ts'

export async function openHlsStream(options: LiveStreamOptions): Promise<LiveStream> {
  // Only Apple's own knows AirPlay, which plays nothing that comes through Media Source Extensions; what other browsers
  // have by themselves is young, hls.js is not.
  if ('WebKitPlaybackTargetAvailabilityEvent' in globalThis && options.media.canPlayType(hlsType) !== '') {
    return openNative(options)
  }
  const { default: hlsClass } = await import('hls.js')
  return openHls(new hlsClass(hlsSettings(options)), hlsClass, options)
}

/** RFC 8216 §6.3.3: not nearer to the end than three target durations. */
const targetsBehind = 3
const retryMs = 2000

function hlsSettings({ start }: LiveStreamOptions): Partial<Hls['config']> {
  return {
    // Its worker would come from a blob:, which the page's policy refuses; CMAF needs no remuxing to speak of.
    enableWorker: false,
    // Where parts are listed; how far to stay behind the playlist says, else it is three target durations.
    lowLatencyMode: true,
    // The playlist tells more as its parts come less evenly; what stalls on the way here add is said below.
    liveSyncOnStallIncrease: 0,
    // What was shown long ago is let go by the browser itself, when it wants room (Media Source Extensions §3.5.14). Let go
    // by hls.js, it forgets with it which parts of the newest segment it has, and asks for no other until two more are there.
    backBufferLength: Number.POSITIVE_INFINITY,
    maxBufferLength: 20,
    startPosition: start ?? -1,
  }
}

function openHls(hls: Hls, { Events, ErrorDetails, ErrorTypes }: typeof Hls, options: LiveStreamOptions): LiveStream {
  let timer: ReturnType<typeof setTimeout> | undefined
  let recoveredAt = Number.NEGATIVE_INFINITY
  const reserve = new StallReserve()
  const fragments = () => hls.latestLevelDetails?.fragments ?? []
  // hls.js multiplies this by all stalls there ever were.
  const setReserve = () => {
    hls.config.liveSyncOnStallIncrease = reserve.seconds(performance.now()) / Math.max(1, reserve.stalls)
  }

  hls.on(Events.LEVEL_UPDATED, () => {
    setReserve()
    options.onChange()
  })
  hls.on(Events.ERROR, (_event, { details, fatal, type, response }) => {
    if (details === ErrorDetails.BUFFER_STALLED_ERROR) reserve.stalled(performance.now())
    setReserve()
    if (!fatal) return
    const status = response?.code ?? 0
    if (type === ErrorTypes.NETWORK_ERROR) {
      // Gone is gone; anything else passes, however long it takes.
      if (status >= 400 && status < 500 && status !== 408 && status !== 429) return options.onFailed(status)
      clearTimeout(timer)
      timer = setTimeout(() => (hls.levels.length > 0 ? hls.startLoad() : hls.loadSource(options.url)), retryMs)
      return
    }
    if (type === ErrorTypes.MEDIA_ERROR && performance.now() - recoveredAt > 5000) {
      recoveredAt = performance.now()
      hls.recoverMediaError()
      return
    }
    options.onFailed(status)
  })
  hls.loadSource(options.url)
  hls.attachMedia(options.media)

  return {
    get edge() {
      return hls.latestLevelDetails?.edge ?? 0
    },
    get livePosition() {
      const details = hls.latestLevelDetails
      if (details === null || details.edge === 0) return null
      if (details.partHoldBack > 0) return Math.max(0, hls.liveSyncPosition ?? details.edge - details.partHoldBack)
      return Math.max(0, details.edge - targetsBehind * details.targetduration)
    },
    get liveSpan() {
      const details = hls.latestLevelDetails
      return details?.partHoldBack || details?.targetduration || 0
    },
    get hasParts() {
      return (hls.latestLevelDetails?.partHoldBack ?? 0) > 0
    },
    get ended() {
      return hls.latestLevelDetails?.live === false
    },
    dateAt(seconds) {
      const all = fragments()
      const at = all.findLast(({ start }) => start <= seconds) ?? all[0]
      return at?.programDateTime == null ? null : at.programDateTime + 1000 * (seconds - at.start)
    },
    positionAt(date) {
      const all = fragments()
      const at = all.findLast(({ programDateTime }) => programDateTime !== null && programDateTime <= date) ?? all[0]
      if (at?.programDateTime == null) return null
      // A date inside a gap is shown where the gap ends.
      return at.start + Math.min(at.duration, Math.max(0, (date - at.programDateTime) / 1000))
    },
    close() {
      clearTimeout(timer)
      hls.destroy()
    },
  }
}

/** Safari's element since ever: the date of its position 0 (HTML's `getStartDate`). */
type DatedMedia = HTMLVideoElement & { getStartDate?(): Date }

function openNative({ media, url, start, onChange }: LiveStreamOptions): LiveStream {
  const assumedTarget = 2
  const zero = (): number | null => {
    const time = (media as DatedMedia).getStartDate?.().getTime() ?? Number.NaN
    return Number.isNaN(time) ? null : time
  }
  const edge = (): number => (media.seekable.length === 0 ? 0 : media.seekable.end(media.seekable.length - 1))
  const listening = new AbortController()
  const { signal } = listening
  if (start !== null) {
    const seek = () => {
      media.currentTime = start
    }
    media.addEventListener('loadedmetadata', seek, { once: true, signal })
  }
  for (const event of ['progress', 'durationchange']) media.addEventListener(event, onChange, { signal })
  media.src = url

  return {
    get edge() {
      return edge()
    },
    get livePosition() {
      return media.seekable.length === 0 ? null : Math.max(0, edge() - targetsBehind * assumedTarget)
    },
    liveSpan: assumedTarget,
    // Safari keeps to the playlist's hold-back by itself.
    hasParts: false,
    get ended() {
      return Number.isFinite(media.duration)
    },
    dateAt(seconds) {
      const date = zero()
      return date === null ? null : date + 1000 * seconds
    },
    positionAt(date) {
      const from = zero()
      return from === null ? null : (date - from) / 1000
    },
    close() {
      listening.abort()
      media.removeAttribute('src')
      media.load()
    },
  }
}
