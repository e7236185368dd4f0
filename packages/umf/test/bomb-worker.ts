// Opens and checks each of the bombs where memory is bounded.
import { parentPort } from 'node:worker_threads'
import { bytesSource, checkArchive, openArchive, type Source } from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { UmfError } from '../src/umf-error.ts'
import { bombs } from './hostile-bombs.ts'

export type Outcome = {
  name: string
  answer: string
  /** Of the check: how often each byte was read. */
  readings: number
  /** Of the processor. */
  ms: number
}

async function answerOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked
    return 'opens'
  } catch (fault) {
    return fault instanceof UmfError ? fault.code : String((fault as Error).stack)
  }
}

for (const [name, { make }] of Object.entries(bombs)) {
  parentPort!.postMessage(name)
  const bytes = make()
  const plain = bytesSource(bytes)
  let read = 0
  const source: Source = {
    size: plain.size,
    read(offset, length) {
      read += length
      return plain.read(offset, length)
    },
  }
  const start = process.threadCpuUsage()
  const answer = await answerOf(openArchive(source, { sha256 }))
  // What is refused at the door is a problem, and no error, to the check.
  const checked = await answerOf(checkArchive(source, { sha256 }))
  const { user, system } = process.threadCpuUsage(start)
  const outcome: Outcome = {
    name,
    answer: checked === 'opens' ? answer : `check: ${checked}`,
    readings: read / bytes.length,
    ms: (user + system) / 1000,
  }
  parentPort!.postMessage(outcome)
}
