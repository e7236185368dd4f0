import { stat } from 'node:fs/promises'
import { type ContentKey, type Editor, encryptContent, type NewItem, parsePointer } from '@rushes/umf'
import type { Command } from 'commander'
import { CommandError, printResult } from '../output.ts'
import { editArchive } from './archive-file.ts'
import { assigned, isAssignment, parseAssignment } from './assignments.ts'
import { addKeyOptions, type KeyOptions, readContentKey } from './content-key.ts'
import { fileContent, wholeContent } from './file-content.ts'
import { foundFiles } from './found-files.ts'
import { addItemOptions, type ItemOptions, itemFields } from './item-options.ts'
import { noteLines } from './resources.ts'
import { counted, type WorkProgress, watchWork } from './work-progress.ts'

type Options = { json?: boolean }
type AddOptions = Options &
  ItemOptions &
  KeyOptions & {
    keyId?: string
    name?: string
    inline?: boolean
    pointer?: string
    replace?: boolean
  }

/** Larger ones would be read with the index each time the archive is opened. */
const mostInlineBytes = 64 * 1024

export function addEditCommands(program: Command): void {
  const add = program
    .command('add <file> [paths...]')
    .description('add files, folders or standard input (-) to an archive, in place; it is never half changed')
    .option('--name <name>', 'of the one item; by default the name of the file')
  addKeyOptions(addItemOptions(add), 'encrypt what is added')
    .option('--key-id <id>', 'which key that is, for those who have several')
    .option(
      '--inline',
      `keep it in the index itself, for what is small (${mostInlineBytes / 1024} KiB) and always wanted`,
    )
    .option('--pointer <url>', 'add no bytes but where they are: umf://ID/NAME, a URL, or a path beside the archive')
    .option('--replace', 'items of these names may be there, and are replaced')
    .option('--json', 'print one JSON object')
    .action(async (path: string, paths: string[], options: AddOptions) => {
      printResult(await addItems(path, paths, options), options)
    })

  program
    .command('remove <file> <names...>')
    .description('remove items from an archive')
    .option('--erase', 'overwrite their bytes, and all that older states have left, with zeros')
    .option('--json', 'print one JSON object')
    .action(async (path: string, names: string[], options: Options & { erase?: boolean }) => {
      const result = await editArchive(path, async (editor) => {
        if (options.erase === true) await editor.erase(names)
        else await editor.edit({ remove: names })
        return { ...standingOf(editor), removed: options.json === true ? names : names.join(', ') }
      })
      printResult(result, options)
    })

  program
    .command('set <file> <words...>')
    .description('set members of the metadata, or of the item that is named first: set FILE [NAME] key=value…')
    .addHelpText(
      'after',
      `
Values are JSON where they can be, else text; key= removes; a.b=value sets one member of an object.
  rushes set talk.umf title='Opening' place.name='Main hall' authors='[{"name":"Ada"}]'
  rushes set talk.umf slides.pdf level=100 limits.group=staff,board title=Slides`,
    )
    .option('--json', 'print one JSON object')
    .action(async (path: string, words: string[], options: Options) => {
      printResult(await setMembers(path, words), options)
    })
}

async function addItems(path: string, paths: readonly string[], options: AddOptions) {
  const isOne = options.pointer !== undefined || (paths.length === 1 && (await isOneItem(paths[0]!)))
  if (options.name !== undefined && !isOne)
    throw new CommandError('misused', '--name is for one file: several keep the names that they have')
  using progress = watchWork('add', options)
  const { news, notes } = await newItems(paths, options, progress)
  for (const line of noteLines(notes)) process.stderr.write(`${line}\n`)
  return await editArchive(path, async (editor) => {
    const known = new Set(editor.state.description.items.map(({ name }) => name))
    const taken = news.find(({ item }) => known.has(item.name))
    if (taken !== undefined && options.replace !== true)
      throw new CommandError('name-taken', `there is an item ${JSON.stringify(taken.item.name)}: --replace replaces it`)
    await editor.edit({ put: news })
    const added = news.map(({ item }) => item.name)
    return { ...standingOf(editor), added: options.json === true ? added : added.join(', ') }
  })
}

async function isOneItem(path: string): Promise<boolean> {
  return path === '-' || (await stat(path).catch(() => null))?.isFile() === true
}

async function newItems(paths: readonly string[], options: AddOptions, progress: WorkProgress) {
  const { pointer, name, inline = false } = options
  if (pointer !== undefined) {
    if (options.keyFile !== undefined || options.passphraseFile !== undefined)
      throw new CommandError('misused', 'what lies elsewhere is encrypted there, not here')
    if (paths.length > 0 || name === undefined || inline)
      throw new CommandError('misused', '--pointer stands in place of a file: give --name and no path')
    return { news: [{ item: itemFields(name, options), pointer: checkPointer(pointer) }], notes: [] }
  }
  if (paths.length === 0) throw new CommandError('misused', 'what is to be added? Give paths, -, or --pointer')
  const key = await readContentKey(options)
  if (key === null && options.keyId !== undefined) throw new CommandError('misused', '--key-id goes with a key')
  if (key !== null && inline) throw new CommandError('misused', 'what is encrypted is not kept inline')
  const { news, notes } = await plainItems(paths, options, progress)
  return { news: key === null ? news : await Promise.all(news.map((each) => encrypted(each, key, options))), notes }
}

async function plainItems(paths: readonly string[], options: AddOptions, progress: WorkProgress) {
  const { name, inline = false } = options
  if (paths.includes('-')) {
    if (paths.length > 1 || name === undefined || inline)
      throw new CommandError('misused', 'standard input is one item: give --name, and no other path')
    return { news: [{ item: itemFields(name, options), content: counted(process.stdin, progress) }], notes: [] }
  }
  const { files, notes } = await foundFiles(paths)
  if (files.length === 0) throw new CommandError('no-such-file', 'there is no file in there')
  const news: NewItem[] = []
  for (const file of files) {
    const item = itemFields(name ?? file.name, options)
    if (inline && file.size > mostInlineBytes)
      throw new CommandError('too-large', `${file.path} is too large to be inline: leave --inline out`)
    if (inline) news.push({ item, inline: await wholeContent(file, progress) })
    else news.push({ item, content: fileContent(file, progress), length: file.size })
  }
  return { news, notes }
}

/** X4. Its length is told by its end. */
async function encrypted(added: NewItem, key: ContentKey, { keyId }: AddOptions): Promise<NewItem> {
  const { item, content } = added as Extract<NewItem, { content: AsyncIterable<Uint8Array> }>
  const { encryption, content: sealed } = await encryptContent(content, key, keyId)
  return { item: { ...item, encryption }, content: sealed }
}

function checkPointer(pointer: string): string {
  try {
    parsePointer(pointer)
    return pointer
  } catch (cause) {
    const message = `${pointer} is no pointer: give umf://ID/NAME, a URL, or a path beside the archive`
    throw new CommandError('misused', message, { cause })
  }
}

async function setMembers(path: string, words: readonly string[]) {
  const [first] = words
  const name = isAssignment(first!) ? null : first!
  const assignments = (name === null ? words : words.slice(1)).map(parseAssignment)
  if (assignments.length === 0) throw new CommandError('misused', `what of ${name} is to be set? Give key=value`)
  return await editArchive(path, async (editor) => {
    const { metadata, presentation, items } = editor.state.description
    if (name === null) await editor.edit({ metadata: assigned(metadata, assignments) })
    else if (presentation?.name === name) await editor.edit({ presentation: assigned(presentation, assignments) })
    else {
      const item = items.find((each) => each.name === name)
      if (item === undefined) throw new CommandError('not-found', `there is no item ${JSON.stringify(name)}`)
      await editor.edit({ change: [{ name, fields: assigned(item, assignments) }] })
    }
    return standingOf(editor)
  })
}

function standingOf({ state }: Editor): { id: string; generation: number; items: number } {
  const { description, generation } = state
  return { id: description.id, generation, items: description.items.length }
}
