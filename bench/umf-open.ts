// node umf-open.ts PLACE ITEM: opens an archive, takes the first byte of an item, and prints what that cost.
import { httpSource, openArchive } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'

export type OpenCost = { openMs: number; firstByteMs: number; heldBytes: number; grownBytes: number }

const [place, name] = process.argv.slice(2) as [string, string]
const collect = (globalThis as { gc?: () => void }).gc!
// The platform's own fetch and what it loads is not what is measured.
if (place.startsWith('http')) await (await fetch(place, { headers: { Range: 'bytes=0-0' } })).arrayBuffer()
collect()
const before = process.memoryUsage()
const from = performance.now()
const source = place.startsWith('http') ? await httpSource(place) : await openFile(place)
const archive = await openArchive(source, { sha256: nodeSha256 })
const { length } = archive.item(name)
const opened = performance.now()
for await (const bytes of archive.content(name, { length: Math.min(length!, 1) })) void bytes
const got = performance.now()
const { rss } = process.memoryUsage()
collect()
const after = process.memoryUsage()
const held = (usage: NodeJS.MemoryUsage) => usage.heapUsed + usage.external
const cost: OpenCost = {
  openMs: opened - from,
  firstByteMs: got - opened,
  heldBytes: held(after) - held(before),
  grownBytes: rss - before.rss,
}
console.log(JSON.stringify(cost))
// What is held is held until here.
if (archive.id === '') process.exitCode = 1
