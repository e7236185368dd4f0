import { crc32 } from 'node:zlib'
import { apiClient } from '@rushes/protocol'
import { type FileUpload, openFileUpload, openUploadQueue, tusClient, type UploadQueue } from '@rushes/uploader'
import { type Command, InvalidArgumentError } from 'commander'
import { addServerOptions, CommandError, printResult, type ServerOptions } from '../output.ts'
import { type Progress, showProgress } from '../progress.ts'
import { type RecordResult, reachable, recordResult } from '../record/record-result.ts'
import { byteCount, oneLine, timeSpan } from '../status/quantities.ts'
import { diskFile, filesAt, nodeSha256 } from './disk-file.ts'

type UploadOptions = ServerOptions & { atOnce: number }
/** What became of one file. */
type Outcome = ({ file: string } & RecordResult) | { file: string; error: { code: string; message: string } }

const redrawMs = 250
const firstAnswerMs = 30_000

export function addUploadCommand(program: Command): void {
  const command = program
    .command('upload <files...>')
    .description('send files that were recorded elsewhere, or all in a folder; run again, it goes on where it was')
    .option('--at-once <n>', 'files that are sent at the same time', count, 2)
  addServerOptions(command).action(async (paths: string[], options: UploadOptions) => {
    const outcomes = await uploadAll(await filesAt(paths), options)
    const [only] = outcomes
    if (outcomes.length === 1 && only !== undefined) {
      if ('error' in only) throw new CommandError(only.error.code, `${only.file}: ${only.error.message}`)
      const { file: _, ...result } = only
      printResult(result, options)
      return
    }
    printOutcomes(outcomes, options.json === true)
    if (outcomes.some((outcome) => 'error' in outcome)) process.exitCode = 1
  })
}

async function uploadAll(paths: readonly string[], options: UploadOptions): Promise<Outcome[]> {
  if (paths.length === 0) throw new CommandError('no-such-file', 'there is no file in there')
  const { server, key } = options
  const access = { server, ...(key !== undefined && { key }) }
  const client = apiClient(access)
  const tus = tusClient(access)
  const queue = openUploadQueue({ atOnce: options.atOnce })
  const uploads: FileUpload[] = []
  for (const path of paths) {
    const file = await diskFile(path)
    const upload = openFileUpload({
      file,
      server,
      client,
      tus,
      crc32,
      newSha256: nodeSha256,
      firstAnswerMs,
      onChange() {},
    })
    uploads.push(upload)
    queue.add(upload)
  }
  const progress = showProgress(options.json === true ? 'quiet' : 'bar', 'upload')
  const drawing = setInterval(() => draw(queue, progress), redrawMs)
  try {
    await queue.idle()
  } finally {
    clearInterval(drawing)
    progress.stop()
  }
  return await Promise.all(uploads.map((upload, index) => outcomeOf(paths[index]!, upload)))
}

function draw(queue: UploadQueue, progress: Progress): void {
  const { files, done, safe, size, rate, leftMs } = queue.figures
  progress.update(safe, size)
  const away = queue.uploads.map(({ state }) => state).find(({ state }) => state === 'waiting')
  const words = [
    ...(files > 1 ? [`${done} of ${files} files`] : []),
    ...(rate > 0 ? [`${byteCount(rate)}/s`] : []),
    ...(leftMs === null ? [] : [`${timeSpan(leftMs)} left`]),
    ...(away?.state === 'waiting' ? [`${away.fault.message}; trying again`] : []),
  ]
  progress.note(words.join(' · '))
}

async function outcomeOf(file: string, { state }: FileUpload): Promise<Outcome> {
  if (state.state === 'published') {
    await reachable(state.recording)
    return { file, ...recordResult(state.recording, state.waitMs) }
  }
  const { code, message } =
    state.state === 'refused' ? state.fault : { code: 'internal', message: `it ended while ${state.state}` }
  return { file, error: { code, message } }
}

function printOutcomes(uploads: readonly Outcome[], json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ uploads })}\n`)
    return
  }
  for (const outcome of uploads) {
    const words = 'error' in outcome ? `not sent: ${outcome.error.message}` : (outcome.shareUrl ?? outcome.id)
    process.stdout.write(`${oneLine(outcome.file)}  ${words}\n`)
  }
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 16) throw new InvalidArgumentError('1 to 16')
  return value
}
