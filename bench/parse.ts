// npm run bench -- parse: CPU that indexing costs a megabyte, pushed in the pieces in which a recorder sends.
import { readFileSync } from 'node:fs'
import { openBodyIndex } from '@rushes/media'
import { bytesOf, makeBody } from './bodies.ts'
import { figure, table } from './figures.ts'

const pieceBytes = 80 * 1024

export async function benchParse(_args: readonly string[]): Promise<string> {
  const rows = (['webm', 'mp4'] as const).map((kind) => {
    const path = makeBody(kind, 60)
    const body = readFileSync(path)
    parse(body.subarray(0, body.length / 10))
    const before = process.cpuUsage()
    const index = parse(body)
    const used = process.cpuUsage(before)
    const perMegabyte = (used.user + used.system) / 1000 / (body.length / 1e6)
    const startedAt = performance.now()
    const view = index.mp4View()
    const headerMs = performance.now() - startedAt
    return [kind, figure(bytesOf(path) / 1e6), figure(perMegabyte), view.state, figure(headerMs)]
  })
  return table(['body of 60 min', 'MB', 'CPU ms a MB', 'MP4 view', 'building its header, ms'], rows)
}

function parse(body: Buffer): ReturnType<typeof openBodyIndex> {
  const index = openBodyIndex()
  for (let at = 0; at < body.length; at += pieceBytes) index.push(body.subarray(at, at + pieceBytes))
  index.finish()
  return index
}
