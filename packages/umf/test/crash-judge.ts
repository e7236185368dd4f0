import type { RandomSource } from '../../../drill/random-source.ts'
import { bytesSource, checkArchive, openArchive, openEditor } from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { type CrashImage, tornImage } from './crash-images.ts'
import { type Step, seen } from './edit-history.ts'
import { MemoryFile } from './memory-file.ts'

/** What a crash left wrong, in words; null where the old state or the new one is whole, and the file can be edited on. */
export async function crashProblem(step: Step, image: CrashImage, random: RandomSource): Promise<string | null> {
  const wrong = await problemOf(step, image, random, true).catch((fault: unknown) => String(fault))
  return wrong === null ? null : `${step.name}, ${image.what}: ${wrong}`
}

/** Of the state alone, which is what takes no time. */
export async function stateProblem(
  { name, old, next }: Step,
  { bytes, isDone, what }: CrashImage,
): Promise<string | null> {
  const found = await seen(bytesSource(bytes)).catch((fault: unknown) => String(fault))
  if (found === next || (found === old && !isDone)) return null
  return `${name}, ${what}: ${differs(found, old, next)}`
}

async function problemOf(step: Step, image: CrashImage, random: RandomSource, again: boolean): Promise<string | null> {
  const { old, next, erased } = step
  const found = await seen(bytesSource(image.bytes))
  if (found !== next && (found !== old || image.isDone)) return differs(found, old, next)
  const file = new MemoryFile(image.bytes)
  const editor = await openEditor(file, sha256)
  const mended = { before: image.bytes, operations: file.operations.splice(0) }
  if ((await seen(file)) !== found) return 'what was mended is another state'
  const unclean = await uncleanliness(file)
  if (unclean !== null) return `after it was mended: ${unclean}`
  const left =
    found === next && found !== old ? erased.find((text) => Buffer.from(file.bytes).includes(text)) : undefined
  if (left !== undefined) return `${left} was erased, and is there`
  // A crash while what a crash left is mended.
  if (again && mended.operations.length > 0) {
    const torn = tornImage(mended, random)
    const wrong = await problemOf({ ...step, old: found, next: found }, torn, random, false)
    if (wrong !== null) return `mending broken off, ${torn.what}: ${wrong}`
  }
  await editor.edit({ put: [{ item: { name: 'next', type: 'data', contentType: 'a/b' }, content: new Uint8Array(9) }] })
  const archive = await openArchive(file, { sha256 })
  if ((await archive.bytes('next')).length !== 9) return 'the next edit is not there'
  const after = await uncleanliness(file)
  return after === null ? null : `after the next edit: ${after}`
}

async function uncleanliness(file: MemoryFile): Promise<string | null> {
  const checked = await checkArchive(file, { sha256 })
  const { generation, anchor } = (await openArchive(file, { sha256 })).state
  // D6: what has no index yet is not finished; what has no record either is covered by nothing.
  const isExpected = (code: string) => (anchor === null && code === 'footer') || (generation === 0 && code === 'cover')
  const problems = checked.problems.filter(({ code }) => !isExpected(code))
  return problems.length === 0 ? null : JSON.stringify(problems[0])
}

function differs(found: string, old: string, next: string): string {
  if (found === old) return 'the edit was done, and is lost'
  return `neither old nor new:\n${found.slice(0, 600)}\nold: ${old.slice(0, 600)}\nnew: ${next.slice(0, 600)}`
}
