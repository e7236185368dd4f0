// How long one frame lasts, measured while the video plays; containers tell browsers no frame rate.

export interface FrameClock {
  /** Seconds of one frame; 1/30 until something was measured. */
  readonly frameSeconds: number
  stop(): void
}

const assumedSeconds = 1 / 30

/** Watches the frames that `video` presents (requestVideoFrameCallback, WICG video-rvfc). */
export function frameClock(video: HTMLVideoElement): FrameClock {
  const gaps: number[] = []
  let last: number | null = null
  let handle = 0
  const watch = () => {
    handle = video.requestVideoFrameCallback((_now, frame) => {
      const gap = last === null ? 0 : frame.mediaTime - last
      last = frame.mediaTime
      if (gap > 0.001 && gap < 0.5) gaps.push(gap)
      if (gaps.length > 31) gaps.shift()
      watch()
    })
  }
  const supported = 'requestVideoFrameCallback' in video
  if (supported) watch()
  return {
    get frameSeconds() {
      // The median: a dropped frame doubles one gap, a seek makes one huge.
      return gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? assumedSeconds
    },
    stop() {
      if (supported) video.cancelVideoFrameCallback(handle)
    },
  }
}
