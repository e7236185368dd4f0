import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { createdRecording, ingestSubprotocol } from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { CertificateError, readCertificate } from '../src/http/certificate.ts'
import { makeCertificate, type TestCertificate } from './certificate-for-tests.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'

let folder: string
let shown: TestCertificate
let first: TestCertificate
let second: TestCertificate
let server: TestServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-https-'))
  first = makeCertificate(folder, 'first')
  second = makeCertificate(folder, 'second')
  shown = { cert: join(folder, 'shown.pem'), key: join(folder, 'shown.key') }
  put(first)
  server = await startTestServer({ tls: shown })
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

function put({ cert, key }: TestCertificate): void {
  copyFileSync(key, shown.key)
  copyFileSync(cert, shown.cert)
}

const authorities = () => [first, second].map(({ cert }) => readFileSync(cert))
const port = () => Number(new URL(server.url).port)

/** Common name of the certificate that a new connection is shown. */
async function nameShown(options: object = {}): Promise<{ name: string; socket: TLSSocket }> {
  const socket = connect({ host: '127.0.0.1', port: port(), ca: authorities(), ...options })
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  return { name: String(socket.getPeerCertificate().subject.CN), socket }
}

function ask(path: string, body?: object, agent?: Agent): Promise<{ status: number; cookie: string; json: unknown }> {
  const headers = { authorization: `Bearer ${testOwnerKey}`, ...(body && { 'content-type': 'application/json' }) }
  const method = body === undefined ? 'GET' : 'POST'
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { method, headers, agent, ca: authorities() }, async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      const cookie = String(response.headers['set-cookie'] ?? '')
      resolve({ status: response.statusCode!, cookie, json: text === '' ? null : JSON.parse(text) })
    })
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}

describe('a server with a certificate', () => {
  it('speaks TLS alone, 1.2 and newer', async () => {
    expect(server.url).toMatch(/^https:/)
    await expect(fetch(server.url.replace('https:', 'http:'))).rejects.toThrow()
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    await expect(nameShown(old)).rejects.toMatchObject({ code: expect.stringMatching(/VERSION|ECONNRESET/) })
    const { socket } = await nameShown({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
    socket.destroy()
  })

  it('gives links and sockets with TLS', async () => {
    const { json } = await ask('/api/v1/recordings', {})
    const { id, ingestUrl } = createdRecording.parse(json)
    expect(ingestUrl).toMatch(/^wss:/)
    const view = (await ask(`/api/v1/recordings/${id}`)).json as { shareUrl: string }
    expect(view.shareUrl).toMatch(/^https:/)
  })

  it('shows a renewed certificate to new connections, and cuts none that is open', async () => {
    const { json } = await ask('/api/v1/recordings', {})
    const { ingestUrl } = createdRecording.parse(json)
    const recorder = new WebSocket(ingestUrl, ingestSubprotocol, { ca: authorities() })
    await new Promise((resolve, reject) => recorder.once('open', resolve).once('error', reject))
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const before = await ask('/healthz', undefined, agent)
    expect(before.status).toBe(200)
    const open = Object.values(agent.freeSockets).flat()[0]

    put(second)
    server.reloadCertificate()
    const after = await nameShown()
    expect(after.name).toBe('second')
    after.socket.destroy()
    expect((await ask('/healthz', undefined, agent)).status).toBe(200)
    expect(Object.values(agent.freeSockets).flat()[0]).toBe(open)
    const answered = new Promise((resolve) => recorder.once('pong', resolve))
    recorder.ping()
    await answered
    recorder.terminate()
    agent.destroy()
  })

  it('follows its files by itself, and keeps what it has while they do not belong together', async () => {
    put(second)
    server.reloadCertificate()
    copyFileSync(first.cert, shown.cert)
    server.reloadCertificate()
    const kept = await nameShown()
    expect(kept.name).toBe('second')
    kept.socket.destroy()
    copyFileSync(first.key, shown.key)
    await expect
      .poll(
        async () => {
          const { name, socket } = await nameShown()
          socket.destroy()
          return name
        },
        { timeout: 30_000, interval: 250 },
      )
      .toBe('first')
  })
})

describe('a certificate that cannot be used', () => {
  it('is refused with which file and why', () => {
    const junk = join(folder, 'junk.pem')
    writeFileSync(junk, 'no certificate')
    expect(() => readCertificate({ cert: first.cert, key: second.key })).toThrow(/does not belong/)
    expect(() => readCertificate({ cert: junk, key: first.key })).toThrow(/junk\.pem is not what it should be/)
    const absent = { cert: join(folder, 'absent.pem'), key: first.key }
    expect(() => readCertificate(absent)).toThrow(CertificateError)
    expect(() => readCertificate(absent)).toThrow(/absent\.pem cannot be read/)
  })
})
