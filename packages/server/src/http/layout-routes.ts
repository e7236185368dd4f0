import {
  importedLayouts,
  type LayoutsFile,
  type LayoutView,
  layoutList,
  layoutsFile,
  layoutView,
  nameLayoutRequest,
} from '@rushes/protocol'
import { z } from 'zod'
import { forgetLearnedLayout, listLearnedLayouts, nameLearnedLayout } from '../catalog/learned-layouts.ts'
import type { LearnedLayoutRow } from '../catalog/schema.ts'
import { ImportError } from '../import/import-error.ts'
import { keepLayouts, layoutsText, parseLayouts } from '../import/learned-layouts.ts'
import type { App, Front } from './front.ts'
import { notFound } from './http-error.ts'

const path = '/api/v1/layouts'
const tags = ['archives']
const params = z.object({ signature: z.string() })
/** As much as the command line takes. */
const mostBytes = 4 * 2 ** 20

/** Formats that conversions have learned, of all accounts: listed by any, named, shared and forgotten by the server's owner. */
export function layoutRoutes(app: App, front: Front): void {
  const { db } = front

  app.get(path, { schema: { tags, response: { 200: layoutList } } }, async (request) => {
    front.authorizeUser(await front.caller(request), 'layout.list')
    return { layouts: (await listLearnedLayouts(db)).map(view) }
  })

  app.get(`${path}/export.json`, { schema: { tags, response: { 200: layoutsFile } } }, async (request, reply) => {
    front.authorizeUser(await front.caller(request), 'layout.list')
    const file = JSON.parse(layoutsText(await listLearnedLayouts(db))) as LayoutsFile
    return reply.header('content-disposition', 'attachment; filename="layouts.json"').send(file)
  })

  app.post(
    path,
    { bodyLimit: mostBytes, schema: { tags, body: layoutsFile, response: { 200: importedLayouts } } },
    async (request) => {
      front.authorizeUser(await front.caller(request), 'layout.change')
      const layouts = await parseLayouts(JSON.stringify(request.body))
      const imported = await keepLayouts(db, layouts)
      return { imported, known: layouts.length - imported }
    },
  )

  app.patch(
    `${path}/:signature`,
    { schema: { tags, params, body: nameLayoutRequest, response: { 200: layoutView } } },
    async (request) => {
      front.authorizeUser(await front.caller(request), 'layout.change')
      const named = await nameLearnedLayout(db, request.params.signature, request.body.name)
      if (named === 'taken') throw new ImportError('name-taken', `another format is called ${request.body.name}`)
      if (named === undefined) throw notFound()
      return view(named)
    },
  )

  app.delete(`${path}/:signature`, { schema: { tags, params } }, async (request, reply) => {
    front.authorizeUser(await front.caller(request), 'layout.change')
    if (!(await forgetLearnedLayout(db, request.params.signature))) throw notFound()
    return reply.code(204).send()
  })
}

const recordsSchema = z.object({
  records: z.array(z.object({ kind: z.string(), marker: z.string(), unit: z.string() })),
})

function view({ signature, name, layout, learned_at: learnedAt }: LearnedLayoutRow): LayoutView {
  const { records } = recordsSchema.safeParse(layout).data ?? { records: [] }
  return { signature, name, learnedAt: learnedAt.toISOString(), records }
}
