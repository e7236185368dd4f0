import type { Page } from 'playwright-core'

/** Shares of the picture's width and height. */
export type Place = readonly [x: number, y: number]

/** A point of the preview in the page. */
export async function onPreview(page: Page, [x, y]: Place): Promise<[number, number]> {
  const box = (await page.locator('.preview').boundingBox())!
  return [box.x + x * box.width, box.y + y * box.height]
}

/** As fast as the browser takes it: of how long it lasts nothing is waiting for this process. */
export async function stroke(page: Page, from: Place, to: Place): Promise<void> {
  const [begin, between, end] = [
    await onPreview(page, from),
    await onPreview(page, [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]),
    await onPreview(page, to),
  ]
  await page.mouse.move(...begin)
  const input = await page.context().newCDPSession(page)
  const send = (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', [x, y]: [number, number]) =>
    input.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', buttons: 1, clickCount: 1 })
  await Promise.all([
    send('mousePressed', begin),
    send('mouseMoved', between),
    send('mouseMoved', end),
    send('mouseReleased', end),
  ])
  await input.detach()
  await page.mouse.move(...end) // so that the page's own mouse knows where it is
}
