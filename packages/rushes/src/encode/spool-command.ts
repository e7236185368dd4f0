import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  certificateName,
  type DeliveryProgress,
  encoderStatus,
  openSpool,
  readSpool,
  runDelivery,
  totalsOf,
  verifyCertificate,
} from '@rushes/encoder'
import { deliveryCertificate } from '@rushes/protocol'
import { type Command, Option } from 'commander'
import { CommandError, printResult } from '../output.ts'
import { addReportOptions, openReport, type ReportOptions } from '../status/status-report.ts'
import { addDeliveryOptions, type DeliveryOptions, deliveryOptions, keyOf } from './delivery-options.ts'

type ResumeOptions = DeliveryOptions & ReportOptions
type StatusOptions = { json?: boolean }
type VerifyOptions = StatusOptions & { serverKey?: string; certificate?: string }

/** `rushes spool`: what waits on this machine, and what is proved delivered. */
export function addSpoolCommand(program: Command): void {
  const spool = program.command('spool').description('what an encoder keeps until it is proved delivered')

  spool
    .command('status <folder>')
    .description('numbers of files that wait, are delivered, and were refused')
    .option('--json', 'print one JSON object')
    .action(async (folder: string, options: StatusOptions) => {
      printResult(await status(folder), options)
    })

  const resume = spool.command('resume <folder>').description('deliver what is still in a spool')
  addReportOptions(addDeliveryOptions(resume)).action(async (folder: string, given: ResumeOptions) => {
    const options = { ...given, ...keyOf(given) }
    printResult(await resumeSpool(folder, options), options)
  })

  spool
    .command('verify <folder>')
    .description('check the delivery certificate against the spool, without the server')
    .addOption(new Option('--certificate <file>', 'another one than the spool keeps'))
    .addOption(new Option('--server-key <base64>', "the server's public key as you know it from elsewhere"))
    .option('--json', 'print one JSON object')
    .action(async (folder: string, options: VerifyOptions) => {
      const { ok, files, read, problems } = await verifySpool(folder, options)
      printResult(options.json === true ? { ok, files, read, problems } : { ok, files, read }, options)
      if (options.json !== true) for (const problem of problems) process.stderr.write(`${problem}\n`)
      if (!ok) process.exitCode = 1
    })
}

async function status(folder: string) {
  const spool = await readSpool(resolve(folder))
  const { pending, delivered, failed, withdrawn, pendingBytes, heldBytes } = spool.counts()
  const { id, server } = spool.head
  spool.close()
  return { pending, delivered, failed, withdrawn, pendingBytes, heldBytes, id, server }
}

async function resumeSpool(folder: string, options: ResumeOptions) {
  const spool = await openSpool(resolve(folder))
  let progress: DeliveryProgress | null = null
  const totals = totalsOf(spool.entries)
  const report = await openReport(options, () =>
    progress === null
      ? null
      : encoderStatus({
          ...{ now: Date.now(), head: spool.head, counts: spool.counts(), limitBytes: null },
          ...{ totals, progress: { delivery: progress } },
        }),
  ).catch((error: unknown) => {
    spool.close()
    throw error
  })
  try {
    // Nobody records into it any more, or this command could not have it: what it has is all there will be.
    if (!spool.ended) spool.list({ type: 'end', wallClock: new Date().toISOString() })
    const run = runDelivery({
      ...deliveryOptions(options),
      spool,
      onProgress(now) {
        progress = now
        report.tell()
      },
    })
    let isStopped = false
    const stop = (): void => {
      isStopped = true
      void run.stop()
    }
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
    const certificate = await run.done.catch((error: unknown) => {
      if (isStopped) return null
      throw error
    })
    const { pending, delivered, failed } = spool.counts()
    return { pending, delivered, failed, certificate }
  } finally {
    report.close()
    spool.close()
  }
}

async function verifySpool(folder: string, options: VerifyOptions) {
  const spool = await readSpool(resolve(folder))
  try {
    const path = options.certificate ?? join(spool.folder, certificateName)
    const text = await readFile(path, 'utf8').catch(() => {
      throw new CommandError('no-certificate', `${path} is not there: the delivery is not complete yet`)
    })
    const parsed = deliveryCertificate.safeParse(parseJson(text))
    if (!parsed.success) throw new CommandError('bad-certificate', `${path} is no delivery certificate`)
    return await verifyCertificate(spool, parsed.data, options.serverKey ?? null)
  } finally {
    spool.close()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
