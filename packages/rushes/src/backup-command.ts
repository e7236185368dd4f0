import { resolve } from 'node:path'
import type { BackupProgress } from '@rushes/server'
import type { Command } from 'commander'
import { readConfig } from './config.ts'
import { printResult } from './output.ts'
import { showProgress } from './progress.ts'
import { version } from './version.ts'

type Options = { json?: boolean }

/** `rushes backup` and `rushes restore`: the same variables say where the data lies as for the server. */
export function addBackupCommands(program: Command): void {
  program
    .command('backup <folder>')
    .description('copy the database and all recordings into a folder, of a server that may be running')
    .option('--verify', 'take none: read the backup in the folder and check all of it')
    .option('--json', 'print one JSON object')
    .action(async (folder: string, options: Options & { verify?: boolean }) => {
      const verify = options.verify === true
      // Loaded where it is needed: serve.ts.
      const { takeBackup, verifyBackup } = await import('@rushes/server')
      const { problems, ...result } = await watched(options, ({ signal, onProgress }) => {
        const place = { folder: resolve(folder), signal, onProgress }
        if (verify) return verifyBackup(place)
        const { dataDir, databaseUrl, blobsDir } = readConfig(process.env)
        return takeBackup({ ...place, dataDir, databaseUrl, blobsDir, version })
      })
      printResult(options.json === true ? { ...result, problems } : { ...result, problems: problems.length }, options)
      if (options.json !== true) for (const problem of problems) process.stderr.write(`${problem}\n`)
      if (problems.length > 0) process.exitCode = 1
    })

  program
    .command('restore <folder>')
    .description('make an empty data folder (RUSHES_DATA) what a backup says it was')
    .option('--json', 'print one JSON object')
    .action(async (folder: string, options: Options) => {
      const { dataDir, databaseUrl, blobsDir } = readConfig(process.env)
      const { restoreBackup } = await import('@rushes/server')
      const result = await watched(options, ({ signal, onProgress }) =>
        restoreBackup({ folder: resolve(folder), signal, onProgress, dataDir, databaseUrl, blobsDir }),
      )
      printResult({ ...result, data: dataDir }, options)
    })
}

type Watch = { signal: AbortSignal; onProgress: BackupProgress }

/** Long work that says how far it is, and that Ctrl-C stops so that it can go on later. */
async function watched<Result>({ json }: Options, work: (watch: Watch) => Promise<Result>): Promise<Result> {
  const stopped = new AbortController()
  const stop = (): void => stopped.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  const progress = showProgress(json === true ? 'quiet' : 'bar', 'backup')
  try {
    return await work({
      signal: stopped.signal,
      onProgress(step, done, total) {
        progress.note(step === 'rows' ? 'database' : '')
        if (step === 'files') progress.update(done, total)
      },
    })
  } finally {
    progress.stop()
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
