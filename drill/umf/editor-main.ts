// The process under drill: edits an archive without end. First argument: its job as JSON. What it does is witnessed outside of
// the disk under drill: a line when an edit begins, a line when it was acknowledged.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { nothingHeld, type PlannedEdit, plannedEdit } from './planned-edits.ts'

export type EditorJob = {
  /** Root of the build. */
  root: string
  path: string
  seed: number
  /** Number of the first edit, from 1. */
  first: number
  witness: string
}

type Modules = typeof import('../../packages/umf/src/index.ts') & typeof import('../../packages/umf/src/node.ts')

async function modulesOf(root: string): Promise<Modules> {
  const from = async (name: string): Promise<object> => (await import(join(root, 'packages/umf/src', name))) as object
  return { ...(await from('index.ts')), ...(await from('node.ts')) } as Modules
}

async function run({ root, path, seed, first, witness }: EditorJob): Promise<void> {
  const { openEditor, openFile, nodeSha256, newSigningKey, signer } = await modulesOf(root)
  const keys = await newSigningKey()
  let held = nothingHeld
  for (let number = 1; number < first; number++) held = plannedEdit(seed, number, held).after
  process.send?.('opening')
  let file = await openFile(path, 'r+')
  let editor = await openEditor(file, nodeSha256)
  process.send?.('open')
  const carryOut = async (plan: PlannedEdit): Promise<void> => {
    if (plan.kind === 'edit') await editor.edit(plan.edit, plan.options)
    else if (plan.kind === 'erase') await editor.erase(plan.names)
    else if (plan.kind === 'index') await editor.writeIndex()
    else await editor.sign([signer('Drill', keys)])
  }
  for (let number = first; ; number++) {
    const { plan, after } = plannedEdit(seed, number, held)
    appendFileSync(witness, `begin ${number}\n`)
    await carryOut(plan)
    appendFileSync(witness, `done ${number}\n`)
    held = after
    if (number % 6 !== 0) continue
    await file.close()
    file = await openFile(path, 'r+')
    editor = await openEditor(file, nodeSha256)
  }
}

run(JSON.parse(process.argv[2]!) as EditorJob).catch((fault: unknown) => {
  process.send?.(`failed: ${fault instanceof Error ? fault.stack : String(fault)}`)
  process.exitCode = 1
  process.disconnect?.()
})
