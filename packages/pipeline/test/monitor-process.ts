// Says what is free where it runs: at first, and after it has taken memory, filled the page cache and kept a core busy.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { openResourceMonitor } from '../src/resource-monitor.ts'

const megabytes = 2 ** 20
const folder = mkdtempSync(join(process.argv[2]!, 'rushes-cached-'))
const monitor = openResourceMonitor()
const first = await monitor.read()
const taken = Buffer.alloc(60 * megabytes, 1)
const file = join(folder, 'cached')
for (let round = 0; round < 4; round++) writeFileSync(file, Buffer.alloc(8 * megabytes, round), { flag: 'a' })
readFileSync(file)
const busy = 'const end = Date.now() + 1500; while (Date.now() < end);'
await Promise.all([1, 2].map(() => new Promise((resolve) => new Worker(busy, { eval: true }).once('exit', resolve))))
const second = await monitor.read()
rmSync(folder, { recursive: true })
console.log(JSON.stringify({ first, second, taken: taken.length }))
