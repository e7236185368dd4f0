import { openStage } from '../../packages/media/test/mp4-chromium.ts'

export interface ChromiumPlayer {
  /** Why it does not play a file; null where it shows pictures from the beginning and where it is sought. */
  playProblem(file: Uint8Array): Promise<string | null>
  close(): Promise<void>
}

export async function openChromium(): Promise<ChromiumPlayer> {
  const stage = await openStage()
  let count = 0
  return {
    async playProblem(bytes) {
      // Chromium keeps what it has of a URL for minutes, its length too: under one URL it would go on with the file before.
      const url = `/archive-${++count}.mp4`
      stage.files.set(url, { bytes, contentType: 'video/mp4' })
      stage.answers.length = 0
      const problem = await stage.page.evaluate(shows, url)
      // None of it is asked for any more once the element has no source.
      stage.files.delete(url)
      const answers = stage.answers.filter((answer) => answer.includes(url))
      if (answers.length === 0) return 'it asked for nothing of the file'
      return problem && `${problem}; of ${bytes.length} bytes: ${answers.join(', ')}`
    },
    close: () => stage.close(),
  }
}

/** In the page. */
async function shows(url: string): Promise<string | null> {
  const video = document.createElement('video')
  video.muted = true
  video.src = url
  document.body.replaceChildren(video)
  const wrong = new Promise<string>((resolve) => {
    video.onerror = () => resolve(video.error?.message ?? 'unknown')
    setTimeout(() => resolve('no picture in 30 s'), 30_000)
  })
  const soughtProblem = async (): Promise<string | null> => {
    const picture = () =>
      new Promise<number>((resolve) => video.requestVideoFrameCallback((_, { mediaTime }) => resolve(mediaTime)))
    await picture()
    const sought = picture()
    video.currentTime = 1.5
    const time = await sought
    return Math.abs(time - 1.5) < 0.1 ? null : `sought 1.5 s, shown ${time} s`
  }
  const problem = await Promise.race([wrong, soughtProblem()])
  video.removeAttribute('src')
  video.load()
  return problem
}
