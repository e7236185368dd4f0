import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Archive, checkedContent } from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import { type Command, InvalidArgumentError } from 'commander'
import { CommandError, printResult } from '../output.ts'
import { isUrl, openPlace, readArchive } from './archive-file.ts'
import { addKeyOptions } from './content-key.ts'
import { addMade, convertItems, isOfKind, madeName, type WantedConversion } from './extract-conversion.ts'
import { writeNewFile } from './new-file.ts'
import { ReachedContent, type ReachOptions } from './reached-content.ts'
import { standardOutput } from './standard-output.ts'
import { counted, watchWork } from './work-progress.ts'

type Options = ConversionOptions & ReachOptions & { output?: string; force?: boolean; json?: boolean }
type ConversionOptions = {
  as?: string
  with?: string[]
  keep?: boolean
  width?: number
  height?: number
  bitRate?: number
  atMs?: number
  page?: number
  samplesPerPixel?: number
}

export function addExtractCommand(program: Command): void {
  const command = program
    .command('extract <file> <name>')
    .description('take one item out of an archive (a file or a URL), checked against its digest')
    .option('-o, --output <file>', 'where to; - is standard output; by default the name of the item, here')
    .option('--force', 'replace a file that is there')
    .option('--as <type>', 'make this content type of it, like audio/mpeg, text/vtt or image/jpeg')
    .option('--with <names...>', 'with --as: of these items as well, like the slides that a sound is made a video with')
    .option('--keep', 'with --as: add what is made to the archive too, for whoever may read what it is made of')
    .option('--width <px>', 'with --as: the most that a picture may measure', wholeNumber)
    .option('--height <px>', 'the same', wholeNumber)
    .option('--bit-rate <bit/s>', 'with --as: of a sound', wholeNumber)
    .option('--at-ms <ms>', 'with --as: which moment of a video a picture shows', wholeNumber)
    .option('--page <n>', 'with --as: which page of a document, from 1', wholeNumber)
    .option('--samples-per-pixel <n>', 'with --as: of a waveform', wholeNumber)
    .option('--follow', 'follow pointers: to public addresses, to files beside the archive, and into --archive')
    .option('--archive <files...>', 'with --follow: archives that umf:// pointers lead into')
    .option('--trust <key.pem>', 'run code of the archive that decrypts, where this key has signed', collected, [])
  addKeyOptions(command, 'decrypt it')
    .option('--json', 'print one JSON object')
    .action(async (place: string, name: string, options: Options) => {
      if (options.output === '-' && options.json === true)
        throw new CommandError('misused', 'standard output takes the item or --json, not both')
      await using source = await openPlace(place)
      const archive = await readArchive(source)
      const wanted = wantedConversion(name, options)
      await using reached = await ReachedContent.open(archive, place, options)
      const resource = archive.resource(name)
      if (wanted !== null && !isOfKind(resource, wanted)) {
        await extractMade(place, archive, reached, wanted, options)
        return
      }
      const { length = 0, contentType } = resource
      using progress = watchWork('extract', options, length)
      // Who gives no key gets what is stored.
      const isPlain = !reached.isElsewhere(resource) && !reached.isOpened(resource)
      const content = counted(isPlain ? checkedContent(archive, name, nodeSha256) : reached.content(resource), progress)
      if (options.output === '-') {
        const write = standardOutput()
        for await (const bytes of content) await write(bytes)
        return
      }
      const file = await targetOf(options.output, name)
      const hash = nodeSha256()
      let written = 0
      await writeNewFile(file, { force: options.force === true }, async (target) => {
        for await (const bytes of content) {
          hash.update(bytes)
          written += bytes.length
          await target.write(bytes)
        }
      })
      const digest = `sha256:${Buffer.from(hash.digest()).toString('hex')}`
      printResult({ name, file, bytes: written, contentType, digest }, options)
    })
}

function wantedConversion(name: string, options: Options): WantedConversion | null {
  const { as: to, with: others = [], keep = false, width, height, bitRate, atMs, page, samplesPerPixel } = options
  const given = Object.entries({ width, height, bitRate, atMs, page, samplesPerPixel }).filter(
    ([, each]) => each !== undefined,
  )
  if (to === undefined) {
    if (given.length > 0 || others.length > 0 || keep)
      throw new CommandError('misused', 'what is to be made? Give --as with a content type')
    return null
  }
  return { names: [...new Set([name, ...others])], to, parameters: Object.fromEntries(given) }
}

async function extractMade(
  place: string,
  archive: Archive,
  reached: ReachedContent,
  wanted: WantedConversion,
  options: Options,
): Promise<void> {
  const [name] = wanted.names
  if (options.keep === true && isUrl(place))
    throw new CommandError('misused', 'nothing is added to what lies on a server: leave --keep out')
  const result = await convertItems(archive, reached, wanted, options, async (made) => {
    const { contentType, length, digest, by } = made
    const addIfWished = async () =>
      options.keep === true ? { kept: await addMade(place, { archive, reached, made }, wanted) } : {}
    if (options.output === '-') {
      const write = standardOutput()
      for await (const bytes of made.open()) await write(bytes as Uint8Array)
      await addIfWished()
      return null
    }
    const file = await targetOf(options.output, madeName(name!, contentType))
    await writeNewFile(file, { force: options.force === true }, async (target) => {
      for await (const bytes of made.open()) await target.write(bytes as Uint8Array)
    })
    return { name, file, bytes: length, contentType, digest, by, ...(await addIfWished()) }
  })
  if (result !== null) printResult(result, options)
}

function collected(path: string, before: string[]): string[] {
  return [...before, path]
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (text === '' || !Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('a whole number from 0')
  return value
}

async function targetOf(output: string | undefined, name: string): Promise<string> {
  if (output === undefined) return basename(name)
  const found = await stat(output).catch(() => null)
  return found?.isDirectory() === true ? join(output, basename(name)) : output
}
