import { connect } from 'node:net'
import type { CertificateFiles, StoreCheck } from '@rushes/server'
import type { Command } from 'commander'
import { type Config, readConfig } from './config.ts'
import { encoderChecks } from './encode/encoder-checks.ts'
import { sandboxCheck } from './sandbox-check.ts'

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('what this machine lacks, and what to do about it')
    .option('--json', 'print one JSON object')
    .action(async ({ json }: { json?: boolean }) => {
      const checks: StoreCheck[] = []
      for await (const check of allChecks(readConfig(process.env))) {
        checks.push(check)
        if (json !== true) print(check)
      }
      const ok = checks.every((check) => check.ok !== false)
      if (json === true) console.log(JSON.stringify({ ok, checks }))
      else console.log(ok ? '\nAll is well.' : '\nMend what is marked with ✗, then run rushes doctor again.')
      if (!ok) process.exitCode = 1
    })
}

async function* allChecks(config: Config): AsyncIterable<StoreCheck> {
  yield { name: 'Node', ok: true, detail: process.version }
  yield config.webRoot === null
    ? { name: 'pages', ok: 'warning', detail: 'not built yet', advice: 'npm start builds them.' }
    : { name: 'pages', ok: true, detail: config.webRoot }
  const taken = await answers(config.port, config.host)
  yield {
    name: 'port',
    ok: taken ? 'warning' : true,
    detail: `${config.host}:${config.port} ${taken ? 'answers already: Rushes, or another program' : 'is free'}`,
    ...(taken && { advice: `If it is not Rushes, choose another: PORT=${config.port + 1} npm start` }),
  }
  // Loaded where it is needed: serve.ts.
  const { readCertificate, runStoreChecks } = await import('@rushes/server')
  if (config.tls !== undefined) yield certificateCheck(config.tls, readCertificate)
  yield* await encoderChecks()
  yield sandboxCheck()
  yield* runStoreChecks({ dataDir: config.dataDir, url: config.databaseUrl })
}

function certificateCheck(
  files: CertificateFiles,
  readCertificate: typeof import('@rushes/server').readCertificate,
): StoreCheck {
  try {
    const { names, validTo } = readCertificate(files)
    const days = Math.floor((validTo.getTime() - Date.now()) / 86_400_000)
    const detail = `${names}, valid for ${days} days`
    if (days < 0) return { name: 'certificate', ok: false, detail, advice: 'Renew it; browsers refuse it now.' }
    if (days < 14) return { name: 'certificate', ok: 'warning', detail, advice: 'Renew it soon.' }
    return { name: 'certificate', ok: true, detail }
  } catch (error) {
    return { name: 'certificate', ok: false, detail: String(error), advice: 'Mend RUSHES_TLS_CERT and RUSHES_TLS_KEY.' }
  }
}

function answers(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 1000 })
    const settle = (taken: boolean) => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('timeout', () => settle(false))
  })
}

function print({ name, ok, detail, advice }: StoreCheck): void {
  const mark = ok === true ? '✓' : ok === 'warning' ? '!' : '✗'
  console.log(`${mark} ${name}: ${detail}`)
  if (advice !== undefined) console.log(`  ${advice}`)
}
