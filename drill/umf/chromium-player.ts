import { openStage } from '../../packages/media/test/mp4-chromium.ts'

export interface ChromiumPlayer {
  /** Why it does not play a file; null where it shows pictures from the beginning and where it is sought. */
  playProblem(file: Uint8Array): Promise<string | null>
  close(): Promise<void>
}

export async function openChromium(): Promise<ChromiumPlayer> {
  const stage = await openStage()
  return {
    async playProblem(bytes) {
      stage.files.set('/archive.mp4', { bytes, contentType: 'video/mp4' })
      return await stage.page.evaluate(async () => {
        const video = document.createElement('video')
        video.muted = true
        video.src = '/archive.mp4'
        document.body.replaceChildren(video)
        const wrong = new Promise<string>((resolve) => {
          video.onerror = () => resolve(video.error?.message ?? 'unknown')
          setTimeout(() => resolve('no picture in 30 s'), 30_000)
        })
        const shows = async (): Promise<string | null> => {
          const picture = () =>
            new Promise<number>((resolve) => video.requestVideoFrameCallback((_, { mediaTime }) => resolve(mediaTime)))
          await picture()
          const sought = picture()
          video.currentTime = 1.5
          const time = await sought
          return Math.abs(time - 1.5) < 0.1 ? null : `sought 1.5 s, shown ${time} s`
        }
        return await Promise.race([wrong, shows()])
      })
    },
    close: () => stage.close(),
  }
}
