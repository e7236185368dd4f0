import {
  type ArchiveState,
  type CheckedSignature,
  checkArchive,
  checkSignatures,
  openArchive,
  type Source,
} from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import type { Command } from 'commander'
import { printResult } from '../output.ts'
import { oneLine } from '../status/quantities.ts'
import { openPlace } from './archive-file.ts'
import { readPublicKey } from './key-file.ts'
import { watchWork } from './work-progress.ts'

type Options = { json?: boolean; trust: string[] }
/** As of the library's check, and `untrusted` where nobody who is trusted has signed. */
type Problem = { code: string; message: string; offset?: number; item?: string }
type ShownSignature = Pick<CheckedSignature, 'signer' | 'time' | 'key' | 'isValid' | 'standing'> & {
  isTrusted: boolean
}

const standingWords = { invalid: 'does not hold', unchecked: 'cannot be checked here' } as const

export function addVerifyCommand(program: Command): void {
  program
    .command('verify <file>')
    .description('check every byte of an archive against its digests, and its signatures')
    .option(
      '--trust <key.pem>',
      'a public key whose signature counts: without one of these keys the check fails; may be repeated',
      (path: string, before: string[]) => [...before, path],
      [],
    )
    .option('--json', 'print one JSON object')
    .action(async (place: string, options: Options) => {
      const trusted = await Promise.all(options.trust.map(readPublicKey))
      await using source = await openPlace(place)
      const { problems, ...result } = await verify(source, trusted, options)
      if (options.json === true) printResult({ ...result, problems }, options)
      else {
        const { ok, bytes, items, signatures } = result
        for (const problem of problems) process.stdout.write(`${problemLine(problem)}\n`)
        printResult({ ok: ok ? 'yes' : 'no', bytes, items, problems: problems.length, ...words(signatures) }, options)
      }
      if (!result.ok) process.exitCode = 1
    })
}

async function verify(source: Source, trusted: readonly string[], options: Options) {
  using progress = watchWork('verify', options, source.size)
  let done = 0
  const checked = await checkArchive(source, {
    sha256: nodeSha256,
    onProgress(now) {
      progress.add(now - done)
      done = now
    },
  })
  const signatures = await signaturesOf(source, trusted)
  const problems: Problem[] = [...checked.problems]
  for (const { signer, standing } of signatures) {
    if (standing === 'valid') continue
    // What was not checked is not vouched for, and not called wrong either.
    const code = standing === 'invalid' ? 'signature' : 'signature-unchecked'
    problems.push({ code, message: `the signature by ${signer} ${standingWords[standing]}` })
  }
  if (trusted.length > 0 && !signatures.some(({ isValid, isTrusted }) => isValid && isTrusted)) {
    problems.push({ code: 'untrusted', message: 'none of the trusted keys has signed this state of the archive' })
  }
  return { ok: problems.length === 0, problems, bytes: checked.bytes, items: checked.items, signatures }
}

async function signaturesOf(source: Source, trusted: readonly string[]): Promise<ShownSignature[]> {
  let state: ArchiveState
  try {
    state = (await openArchive(source, { sha256: nodeSha256 })).state
  } catch {
    return [] // why it doesn't open is among the problems
  }
  const signatures = await checkSignatures(state)
  return signatures.map(({ signer, time, key, isValid, standing }) => ({
    ...{ signer, time, key, isValid, standing },
    isTrusted: trusted.includes(key),
  }))
}

function problemLine({ code, message, offset }: Problem): string {
  return oneLine(`${code}${offset === undefined ? '' : ` at byte ${offset}`}: ${message}`)
}

function words(signatures: readonly ShownSignature[]): Record<string, string> {
  if (signatures.length === 0) return { signed: 'by nobody' }
  const each = signatures.map(({ signer, standing, isTrusted }) => {
    const holds = isTrusted ? 'trusted' : 'holds; of a key that --trust does not name'
    return oneLine(`${signer} (${standing === 'valid' ? holds : standingWords[standing]})`)
  })
  return { signed: `by ${each.join(', ')}` }
}
