import type { Page } from 'playwright-core'

/** Shares of a width and a height: of the picture, mostly. */
export type Place = readonly [x: number, y: number]

/** A point of an element, in the page. */
async function onElement(page: Page, selector: string, [x, y]: Place): Promise<[number, number]> {
  const box = (await page.locator(selector).boundingBox())!
  return [box.x + x * box.width, box.y + y * box.height]
}

export function onPreview(page: Page, place: Place): Promise<[number, number]> {
  return onElement(page, '.preview', place)
}

/** With the pointer, from one place of an element to another, in steps as a hand's. */
export async function drag(page: Page, selector: string, from: Place, to: Place): Promise<void> {
  await page.mouse.move(...(await onElement(page, selector, from)))
  await page.mouse.down()
  const between: Place = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]
  await page.mouse.move(...(await onElement(page, selector, between)), { steps: 4 })
  await page.mouse.move(...(await onElement(page, selector, to)), { steps: 4 })
  await page.mouse.up()
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
