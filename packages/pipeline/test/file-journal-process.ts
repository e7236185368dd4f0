import { openFileJournal } from '../src/file-journal.ts'
import { appendForever } from './numbered-batches.ts'

await appendForever(await openFileJournal(process.argv[2]!))
