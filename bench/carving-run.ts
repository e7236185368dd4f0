// One scan in a process of its own, whose CPU the benchmark takes as it takes the peers'.
import { open } from 'node:fs/promises'
import { type Format, fileSource, indexResources } from '../packages/converter/src/extraction.ts'

const [path, asked] = process.argv.slice(2)
const file = await open(path!)
const { size } = await file.stat()
const formats = asked === undefined || asked === '' ? {} : { formats: asked.split(',') as Format[] }
const found: { start: number; end: number; format: string }[] = []
for await (const { start, end, format } of indexResources(fileSource(file, size), formats))
  found.push({ start, end, format })
await file.close()
console.log(JSON.stringify(found))
