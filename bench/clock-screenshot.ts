import type { Page } from 'playwright-core'
import { clockShape, timeOfCells } from '../packages/recorder/test/page/clock-picture.ts'

/** Reads the time from a screenshot (PNG) of the whole picture, ms since the Unix epoch; null where it can't be read. */
export async function readClock(reader: Page, screenshot: Buffer, around: number): Promise<number | null> {
  const cells = await reader.evaluate(
    async ({ png, columns, rows, share }) => {
      const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0))
      const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
      const canvas = new OffscreenCanvas(picture.width, picture.height)
      const context = canvas.getContext('2d')!
      context.drawImage(picture, 0, 0)
      return Array.from({ length: columns * rows }, (_, cell) => {
        const x = ((cell % columns) + 0.5) * ((picture.width * share) / columns)
        const y = (Math.floor(cell / columns) + 0.5) * ((picture.height * share) / rows)
        return context.getImageData(x, y, 1, 1).data[1]! > 127
      })
    },
    { png: screenshot.toString('base64'), ...clockShape },
  )
  return timeOfCells(cells, around)
}
