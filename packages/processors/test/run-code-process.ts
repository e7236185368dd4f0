// A host of its own, since what isolates is found out once in a process: run-code-process.ts ARCHIVE KEY
import { isolation } from '@rushes/sandbox'
import { openArchive } from '@rushes/umf'
import { openFile, nodeSha256 as sha256 } from '@rushes/umf/node'
import { runCode } from '../src/index.ts'

const [path, key] = process.argv.slice(2)
await using source = await openFile(path!)
const archive = await openArchive(source, { sha256 })
const answer = await runCode(archive, { name: 'code', input: {}, trustedKeys: [key!], limits: { timeMs: 30_000 } })
process.stdout.write(JSON.stringify({ isolated: isolation().kind, answer }))
