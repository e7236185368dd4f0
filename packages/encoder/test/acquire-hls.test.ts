import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AcquiredEvent, makeMedia, openTestFolder, packets } from './acquired-event.ts'

const folder = openTestFolder()
let server: Server
let base = ''
const served = new Map<string, () => Uint8Array | string>()

beforeAll(async () => {
  const lavfi = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=30', '-f', 'lavfi', '-i', 'sine=sample_rate=48000']
  const codecs = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-g', '30', '-c:a', 'aac']
  const hls = ['-f', 'hls', '-hls_time', '1', '-hls_list_size', '0']
  await makeMedia(folder.path('list.m3u8'), [...lavfi, '-t', '4', ...codecs, ...hls])
  server = createServer((request, response) => {
    const content = served.get(request.url ?? '')?.() ?? null
    if (content === null) response.writeHead(404)
    response.end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  for (let index = 0; index < 4; index++)
    served.set(`/list${index}.ts`, () => readFileSync(folder.path(`list${index}.ts`)))
  served.set('/list.m3u8', () => readFileSync(folder.path('list.m3u8')))
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  folder.remove()
})

it('acquires a playlist that ends, each picture once, and ends with it', async () => {
  const event = new AcquiredEvent([`${base}/list.m3u8`], { videoCodec: 'copy', audioCodec: 'copy' })
  await event.acquisition.done
  expect((await packets(event.bytes('main-v1'), folder.path('copied.mp4'))).length).toBe(120)
  expect(event.of('gap')).toEqual([])
})

it('opens nothing of this machine for a playlist that names it', async () => {
  writeFileSync(folder.path('here.ts'), readFileSync(folder.path('list0.ts')))
  served.set(
    '/hostile.m3u8',
    () => `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://${folder.path('here.ts')}\n#EXT-X-ENDLIST\n`,
  )
  const event = new AcquiredEvent([`${base}/hostile.m3u8`], { pace: 'live', durationMs: 2500 })
  await event.acquisition.done
  expect(event.of('segment')).toEqual([])
  expect(event.of('source').map(({ state }) => state)).toContain('lost')
})
