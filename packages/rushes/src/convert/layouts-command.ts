// `rushes layouts`: the formats that conversions have learned, listed, named, shared and forgotten.
import { text as textOf } from 'node:stream/consumers'
import {
  ConvertError,
  exportLayouts,
  importLayouts,
  type LearnedLayout,
  namedLayout,
  withLayout,
  withoutLayout,
} from '@rushes/converter'
import type { Command } from 'commander'
import { writeNewFile } from '../archive/new-file.ts'
import { alignedLines } from '../archive/resources.ts'
import { CommandError, printResult } from '../output.ts'
import { boundedText, changeLayouts, readLayouts, userLayoutFile } from './layout-file.ts'

type Options = { json?: boolean }

const mostBytes = 4 * 2 ** 20

export function addLayoutsCommand(program: Command): void {
  const layouts = program
    .command('layouts')
    .description('the formats that conversions have learned: the next archive of such a kind is read at once')
  layouts
    .command('list', { isDefault: true })
    .description('show what was learned')
    .option('--json', 'print one JSON object')
    .action(async (options: Options) => {
      const known = await readLayouts(userLayoutFile())
      if (options.json === true) printResult({ layouts: known.map(described) }, options)
      else process.stdout.write(`${listLines(known).join('\n')}\n`)
    })
  layouts
    .command('name <layout> <name>')
    .description('call a layout, given by signature or name, by another name')
    .option('--json', 'print one JSON object')
    .action(async (which: string, name: string, options: Options) => {
      const given = parsedName(name)
      await change(which, options, (known, { signature }) => {
        if (known.some((each) => each.name === given && each.signature !== signature))
          throw new CommandError('name-taken', `another layout is called ${given}`)
        return namedLayout(known, signature, given)
      })
    })
  layouts
    .command('forget <layout>')
    .description('read archives of that kind as if they were the first')
    .option('--json', 'print one JSON object')
    .action(async (which: string, options: Options) => {
      await change(which, options, (known, { signature }) => withoutLayout(known, signature))
    })
  layouts
    .command('export [layouts...]')
    .description('write layouts, all by default, for somebody else to import')
    .option('-o, --output <file>', 'where to; standard output by default')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one JSON object')
    .action(exportTo)
  layouts
    .command('import <file>')
    .description('take in what somebody exported; - is standard input')
    .option('--json', 'print one JSON object')
    .action(importFrom)
}

async function exportTo(
  which: string[],
  { output, force = false, ...options }: Options & { output?: string; force?: boolean },
): Promise<void> {
  const known = await readLayouts(userLayoutFile())
  const chosen = which.length === 0 ? known : which.map((each) => theOne(known, each))
  const text = `${exportLayouts(chosen)}\n`
  if (output === undefined) process.stdout.write(text)
  else {
    await writeNewFile(output, { force }, (file) => file.write(new TextEncoder().encode(text)))
    printResult({ file: output, layouts: chosen.length }, options)
  }
}

async function importFrom(file: string, options: Options): Promise<void> {
  const given = file === '-' ? await fromStandardInput() : await boundedText(file)
  if (given === null) throw new CommandError('no-such-file', `${file} is no file`)
  const strangers = parsed(given)
  let added = 0
  const all = await changeLayouts(userLayoutFile(), (known) => {
    let next = [...known]
    for (const layout of strangers) {
      const before = next.length
      next = withLayout(next, withFreeName(next, layout))
      if (next.length > before) added++
    }
    return next
  })
  printResult({ imported: added, known: strangers.length - added, layouts: all.length }, options)
}

/** What comes from elsewhere takes no name from what is here. */
function withFreeName(known: readonly LearnedLayout[], layout: LearnedLayout): LearnedLayout {
  let { name } = layout
  for (let count = 2; known.some((each) => each.name === name); count++)
    name = `${layout.name.slice(0, 190)} (${count})`
  return { ...layout, name }
}

/** @throws CommandError `unreadable`, `too-large` */
function parsed(text: string): LearnedLayout[] {
  try {
    return importLayouts(text)
  } catch (error) {
    if (error instanceof ConvertError) throw new CommandError(error.code, error.message, { cause: error })
    throw error
  }
}

async function fromStandardInput(): Promise<string> {
  let length = 0
  return await textOf(
    (async function* () {
      for await (const piece of process.stdin as AsyncIterable<Buffer>) {
        length += piece.length
        if (length > mostBytes) throw new CommandError('too-large', 'that is more than layouts have')
        yield piece
      }
    })(),
  )
}

async function change(
  which: string,
  options: Options,
  how: (known: readonly LearnedLayout[], layout: LearnedLayout) => LearnedLayout[],
): Promise<void> {
  const changed: LearnedLayout[] = []
  const all = await changeLayouts(userLayoutFile(), (known) => {
    const layout = theOne(known, which)
    const next = how(known, layout)
    changed.push(next.find(({ signature }) => signature === layout.signature) ?? layout)
    return next
  })
  const { signature, name } = changed[0]!
  printResult({ signature, name, layouts: all.length }, options)
}

/** By signature, the beginning of one, or name. @throws CommandError `no-such-layout`, `misused` */
function theOne(known: readonly LearnedLayout[], which: string): LearnedLayout {
  const exact = known.filter(({ signature, name }) => signature === which || name === which)
  const begun = which.length >= 4 ? known.filter(({ signature }) => signature.startsWith(which)) : []
  const [found, other] = exact.length > 0 ? exact : begun
  if (found === undefined) throw new CommandError('no-such-layout', `no layout is ${which}: rushes layouts lists them`)
  if (other !== undefined) throw new CommandError('misused', `several layouts are ${which}: give the whole signature`)
  return found
}

/** @throws CommandError `misused` */
function parsedName(given: string): string {
  const name = given.trim()
  if (name.length > 0 && name.length <= 100 && /^[^\p{C}]+$/u.test(name)) return name
  throw new CommandError('misused', 'a name has 1 to 100 characters that can be seen')
}

function described({ signature, name, records }: LearnedLayout) {
  return { signature, name, records: records.map(({ kind, marker, unit }) => ({ kind, marker, unit })) }
}

function listLines(known: readonly LearnedLayout[]): string[] {
  if (known.length === 0) return ['nothing was learned yet: rushes convert does, where it discovers events']
  const rows = known.map(({ signature, name, records }) => [
    ...[signature, name, [...new Set(records.map(({ kind }) => kind))].join(', ')],
    records.map(({ marker }) => marker.slice(0, 24)).join(', '),
  ])
  return alignedLines([['SIGNATURE', 'NAME', 'EVENTS', 'MARKERS'], ...rows])
}
