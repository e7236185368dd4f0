import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import type { TestCertificate } from './certificate-for-tests.ts'

const example = join(import.meta.dirname, '..', '..', '..', 'docs', 'nginx', 'rushes.conf')

export type TestProxy = { url: string; close(): Promise<void> }

/** The real nginx with the documentation's example: names, ports and files are put in, nothing else is changed. */
export async function startNginx(
  folder: string,
  { upstream, certificate }: { upstream: string; certificate: TestCertificate },
): Promise<TestProxy> {
  const [tls, plain] = [await freePort(), await freePort()]
  const put: [string, string][] = [
    ['server 127.0.0.1:7070;', `server ${upstream};`],
    ['listen 443 ssl;', `listen 127.0.0.1:${tls} ssl;`],
    ['listen 80;', `listen 127.0.0.1:${plain};`],
    ['/etc/ssl/rushes.example/fullchain.pem', certificate.cert],
    ['/etc/ssl/rushes.example/privkey.pem', certificate.key],
  ]
  let text = readFileSync(example, 'utf8')
  for (const [from, to] of put) {
    if (!text.includes(from)) throw new Error(`${example} does not have "${from}" any more`)
    text = text.replace(from, to)
  }
  writeFileSync(join(folder, 'rushes.conf'), text)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
    mkdirSync(join(folder, name))
    return `${name}_temp_path ${join(folder, name)};`
  })
  const main = ['daemon off;', 'worker_processes 1;', `pid ${join(folder, 'pid')};`, 'error_log stderr warn;']
  const user = process.getuid?.() === 0 ? ['user root;'] : []
  const inside = ['access_log off;', ...temporary, `include ${join(folder, 'rushes.conf')};`]
  writeFileSync(
    join(folder, 'nginx.conf'),
    `${[...user, ...main].join('\n')}\nevents {}\nhttp {\n${inside.join('\n')}\n}\n`,
  )
  const child = spawn('nginx', ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (line: string) => {
    said += line
  })
  await listening(tls, child, () => said)
  return {
    url: `https://localhost:${tls}`,
    async close() {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

async function listening(port: number, child: ChildProcess, said: () => string): Promise<void> {
  let failed: Error | null = null
  child.once('error', (error) => {
    failed = error
  })
  while (true) {
    if (failed !== null) throw failed
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said()}`)
    const socket = connect(port, '127.0.0.1')
    const open = await new Promise((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    )
    socket.destroy()
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
