import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../server/test/certificate-for-tests.ts'
import { startTestDatabase, type TestDatabase } from '../../server/test/postgres-for-tests.ts'
import { readConfig } from '../src/config.ts'
import { endCommands, startCommand } from './command-for-tests.ts'

let folder: string
let database: TestDatabase

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-serve-'))
  database = await startTestDatabase()
})
afterEach(endCommands)
afterAll(async () => {
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

const environment = (more: Record<string, string>) => ({
  ...{ PORT: '0', RUSHES_DATA: join(folder, 'data'), RUSHES_DATABASE_URL: database.url, ...more },
})

function nameShown(port: number, ca: Buffer[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

describe('rushes serve', () => {
  it('takes its certificate from flags, looks at it again on SIGHUP, and stops cleanly', async () => {
    const first = makeCertificate(folder, 'first')
    const second = makeCertificate(folder, 'second')
    const ca = [first, second].map(({ cert }) => readFileSync(cert))
    const server = startCommand(['serve', '--tls-cert', first.cert, '--tls-key', first.key], environment({}))
    const [, port] = await server.says(/rushes ready https:\/\/127\.0\.0\.1:(\d+)/)
    expect(server.stderr).not.toMatch(/only over https/)
    expect(await nameShown(Number(port), ca)).toBe('first')
    copyFileSync(second.cert, first.cert)
    copyFileSync(second.key, first.key)
    server.signal('SIGHUP')
    await expect.poll(() => nameShown(Number(port), ca), { timeout: 20_000 }).toBe('second')
    server.signal('SIGTERM')
    expect(await server.ended).toEqual({ status: 0, signal: null })
  })

  it('says where browsers will not record, and how they would', async () => {
    const open = startCommand(['serve'], environment({ HOST: '0.0.0.0' }))
    await open.says(/only over https, or on this very machine[\s\S]*RUSHES_TLS_CERT/)
    await open.says(/rushes ready http:/)
    open.signal('SIGTERM')
    await open.ended
  })

  it.each([
    ['a certificate without its key', { RUSHES_TLS_CERT: '/x.pem' }, /go together/],
    ['a proxy that is no address', { RUSHES_TRUST_PROXY: 'everybody' }, /RUSHES_TRUST_PROXY=everybody/],
  ])('refuses %s', (_, more: Record<string, string>, said) => {
    expect(() => readConfig(more)).toThrow(said)
  })
})
