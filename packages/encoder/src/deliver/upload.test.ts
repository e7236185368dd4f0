import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestField } from '@rushes/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLinkPulse } from './link-pulse.ts'
import { defaultUploadTimes, openUploader, type UploadResult } from './upload.ts'

const bytes = Buffer.alloc(100_000, 7)
const file = {
  name: 'video-000000.m4s',
  size: bytes.length,
  digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
}

let folder: string
let server: Server
let asked: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-upload-'))
  writeFileSync(join(folder, file.name), bytes)
  asked = []
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function sendTo(answer: RequestListener, times = 1): Promise<UploadResult> {
  server = createServer((request, response) => {
    asked.push(request.method!)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/deliveries/x`
  const uploader = openUploader({ url, token: 'token' })
  try {
    let result: UploadResult | undefined
    for (let count = 0; count < times; count++) {
      result = await uploader.send(file, join(folder, file.name), true, async () => {})
    }
    return result!
  } finally {
    uploader.close()
  }
}

describe('a connection that has not answered yet', () => {
  it('[F4] gets a question before it gets a file: behind a relay there may be nobody', async () => {
    expect(await sendTo((request) => request.socket.destroy())).toMatchObject({ outcome: 'unreachable', bytesSent: 0 })
    expect(asked).toEqual(['HEAD'])
  })

  it('[F6] gets no file where the question is answered by 503', async () => {
    const result = await sendTo((_request, response) => void response.writeHead(503, { 'retry-after': '3' }).end())
    expect(result).toMatchObject({ outcome: 'refused', status: 503, retryAfterMs: 3000, bytesSent: 0 })
    expect(asked).toEqual(['HEAD'])
  })

  it('[F1] once it has answered, gets the next file at once', async () => {
    const result = await sendTo((request, response) => {
      if (request.method === 'HEAD') response.writeHead(404, { 'upload-offset': '0' }).end()
      request.resume().on('end', () => {
        if (request.method === 'PUT') response.writeHead(201, { 'repr-digest': digestField(file.digest) }).end('{}')
      })
    }, 3)
    expect(result).toMatchObject({ outcome: 'delivered', bytesSent: bytes.length })
    expect(asked).toEqual(['HEAD', 'PUT', 'PUT', 'PUT'])
  })
})

describe('a request on which nothing moves', () => {
  /** Answers the first PUT after 1.2 s, three times what is waited for. */
  async function sendSlowly(beatMs: number, answerMs = 1200): Promise<UploadResult> {
    server = createServer((request, response) => {
      asked.push(request.method!)
      const answer = (): void => void response.writeHead(201, { 'repr-digest': digestField(file.digest) }).end('{}')
      if (request.method === 'HEAD') response.writeHead(404, { 'upload-offset': '0' }).end()
      else request.resume().on('end', () => setTimeout(answer, answerMs))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/deliveries/x`
    const pulse = openLinkPulse()
    const startedAt = performance.now()
    const another = setInterval(() => {
      if (performance.now() - startedAt < beatMs) openLinkPulse(pulse.shared).beat()
    }, 50)
    const uploader = openUploader({ url, token: 'token' }, pulse, { ...defaultUploadTimes, idleMs: 400 })
    try {
      return await uploader.send(file, join(folder, file.name), true, async () => {})
    } finally {
      clearInterval(another)
      uploader.close()
    }
  }

  it('is waited for while other connections are answered: sending again would only add to what is lost', async () => {
    expect(await sendSlowly(60_000)).toMatchObject({ outcome: 'delivered', bytesSent: bytes.length })
    expect(asked).toEqual(['HEAD', 'PUT'])
  })

  it('is given up once nobody is answered any more', async () => {
    expect(await sendSlowly(1000, 60_000)).toMatchObject({ outcome: 'unreachable', message: 'nothing moved' })
  })

  it('is given up where nobody is answered', async () => {
    expect(await sendSlowly(0)).toMatchObject({ outcome: 'unreachable', message: 'nothing moved' })
  })
})
