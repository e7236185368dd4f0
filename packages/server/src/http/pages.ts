import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyReply } from 'fastify'
import type { App } from './front.ts'

/** The pages as Vite built them: one document, whose script shows the page that the address names. */
export interface Pages {
  /** Sends the document with `head` put into its <head>. */
  send(reply: FastifyReply, head: string): FastifyReply
}

const routes = [
  ...['/', '/login', '/setup', '/record', '/library', '/encoders', '/settings', '/inspect', '/watch/:id'],
  ...['/jobs', '/jobs/:id', '/convert', '/convert/:id'],
]
const headComment = '<!--rushes:head-->'

export function openPages(app: App, webRoot: string | null): Pages {
  const file = webRoot === null ? null : join(webRoot, 'index.html')
  const document = file !== null && existsSync(file) ? readFileSync(file, 'utf8') : null

  const pages: Pages = {
    send(reply, head) {
      if (document === null) {
        return reply.code(503).type('text/plain; charset=utf-8').send('The pages are not built. Run: npm run build\n')
      }
      return reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(document.replace(headComment, () => head))
    },
  }

  if (document !== null && webRoot !== null) {
    app.register(fastifyStatic, {
      root: join(webRoot, 'assets'),
      prefix: '/assets/',
      // Names carry a hash of the content.
      immutable: true,
      maxAge: '365d',
    })
    for (const name of ['favicon.svg', 'favicon.ico']) {
      const path = join(webRoot, name)
      if (!existsSync(path)) continue
      const bytes = readFileSync(path)
      const type = name.endsWith('.svg') ? 'image/svg+xml' : 'image/x-icon'
      app.get(`/${name}`, { schema: { hide: true } }, (_request, reply) => reply.type(type).send(bytes))
    }
  }
  for (const url of routes) app.get(url, { schema: { hide: true } }, (_request, reply) => pages.send(reply, ''))
  return pages
}
