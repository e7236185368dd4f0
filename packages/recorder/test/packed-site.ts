// The package as `npm pack` makes it, beside its examples, on a site that is not the server's.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { text } from 'node:stream/consumers'
import { buildRecorderPackage } from '../../../scripts/recorder-package.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
}

export type PackedSite = {
  origin: string
  /** The unpacked package. */
  folder: string
  /** Type errors of a program that uses the package, as TypeScript says them. */
  typeErrors(program: string): string
  /** From now on the site's own server forwards what is asked below `/rushes` with a key that pages never see. */
  forward(to: { server: string; key: string }): void
  close(): Promise<void>
}

export async function openPackedSite(into: string): Promise<PackedSite> {
  const built = join(into, 'built')
  await buildRecorderPackage(built)
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', into], { cwd: built, encoding: 'utf8' })
  const project = join(into, 'project')
  const folder = join(project, 'node_modules', '@rushes', 'recorder')
  mkdirSync(folder, { recursive: true })
  execFileSync('tar', ['-xzf', join(into, packed.trim()), '--strip-components=1', '-C', folder])
  symlinkSync(join(root, 'node_modules', 'zod'), join(project, 'node_modules', 'zod'))
  const site = join(into, 'site')
  cpSync(join(folder, 'examples'), site, { recursive: true })
  cpSync(folder, join(site, 'recorder'), { recursive: true })
  const forwarding: Forwarding = { to: null }
  const server = await serve(site, forwarding)
  const address = server.address() as { port: number }
  return {
    origin: `http://127.0.0.1:${address.port}`,
    folder,
    typeErrors(program) {
      writeFileSync(join(project, 'program.ts'), program)
      const flags = [
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--module',
        'esnext',
        '--moduleResolution',
        'bundler',
      ]
      const more = ['--lib', 'es2024,dom,dom.iterable', '--types', '']
      const tsc = join(root, 'node_modules/typescript/bin/tsc')
      return spawnSync(process.execPath, [tsc, ...flags, ...more, 'program.ts'], { cwd: project, encoding: 'utf8' })
        .stdout
    },
    forward(to) {
      forwarding.to = to
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

type Forwarding = { to: { server: string; key: string } | null }

async function serve(site: string, forwarding: Forwarding): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://site').pathname)
    if (path.startsWith('/rushes/') && forwarding.to !== null) {
      const { server: to, key } = forwarding.to
      const body = await text(request)
      const headers = { authorization: `Bearer ${key}`, ...(body !== '' && { 'content-type': 'application/json' }) }
      const method = request.method ?? 'GET'
      const answer = await fetch(to + path.slice('/rushes'.length), { method, headers, ...(body !== '' && { body }) })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
      return
    }
    try {
      const bytes = readFileSync(join(site, path))
      response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' }).end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
