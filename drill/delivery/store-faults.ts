// A server whose disk loses, cuts and alters what it said was synced: only reading back finds it.
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Control } from '../drill-run.ts'
import { emptyReport, type Fault, type FaultContext, type FaultReport } from '../fault.ts'
import { storedBody } from '../oracle.ts'
import { repositoryRoot } from '../server-process.ts'
import type { StoreFault } from './faulty-store.ts'
import { judgeDecoded, judgeDelivery } from './judge.ts'
import { labPrograms, whyNoLab } from './network-lab.ts'
import { openSite } from './site.ts'

async function underStoreFaults(context: FaultContext, faults: readonly StoreFault[]): Promise<FaultReport> {
  const { scene, scale } = context
  const report = emptyReport()
  const log = join(scene.folder, 'store-faults.log')
  writeFileSync(log, '')
  const environment = {
    RUSHES_DRILL_STORE: JSON.stringify({ share: 0.25, faults, log }),
    NODE_OPTIONS: `--import ${join(repositoryRoot, 'drill/delivery/faulty-store.ts')}`,
  }
  const site = await openSite(context, { rate: 50e6, server: { environment } })
  const encoder = site.encode({ segments: scale === 'full' ? 150 : 15, intervalMs: 50 })
  // Not certified where a build keeps what breaks the body's structure: what lies there is judged all the same.
  const unfinished = await encoder.done(300_000).then(
    () => [],
    (error: Error) => [error.message],
  )
  const verdict = await judgeDelivery(site, { folder: encoder.job.folder, listed: encoder.listed })
  const decode = () => site.decode(encoder.job.head.id, ['--patience', '0.2'])
  const decoded =
    unfinished.length > 0 ? { problems: unfinished } : await judgeDecoded(encoder.job.folder, decode(), 120_000)
  const done = readFileSync(log, 'utf8').trim().split('\n')
  report.trials = done.filter((line) => line !== '').length
  report.acknowledgedBytes = verdict.bytes
  report.lostBytes = verdict.lostBytes
  report.problems.push(...verdict.problems, ...decoded.problems)
  const refused = [...encoder.lastErrors].filter((message) => / stored as |digest|EIO/.test(message)).length
  for (const fault of faults) {
    if (!done.includes(fault)) report.problems.push(`no ${fault} happened: the drill did not reach what it is for`)
  }
  report.note = `${faults.map((fault) => `${done.filter((line) => line === fault).length} ${fault}`).join(', ')}; ${refused} refusals heard`
  await site.server.stop()
  return report
}

export const alteredInStore: Fault = {
  name: 'bytes altered after the sync',
  programs: labPrograms,
  whyNot: whyNoLab,
  run: (context) => underStoreFaults(context, ['flip']),
}

export const badStore: Fault = {
  name: 'store that refuses (503), cuts and alters',
  programs: labPrograms,
  whyNot: whyNoLab,
  run: (context) => underStoreFaults(context, ['refuse', 'cut', 'flip']),
}

/** Long after it was proved: whoever plays it notices by the digest, and goes on without that segment. */
export const rottenLater: Fault = {
  name: 'a byte that rots after the proof',
  programs: labPrograms,
  whyNot: whyNoLab,
  async run(context) {
    const { random, scale } = context
    const report = emptyReport()
    const site = await openSite(context)
    const segments = 12
    const encoder = site.encode({ segments, intervalMs: 20 })
    await encoder.done(120_000)
    const { id } = encoder.job.head
    const verdict = await judgeDelivery(site, { folder: encoder.job.folder, listed: encoder.listed })
    report.acknowledgedBytes = verdict.bytes
    report.lostBytes = verdict.lostBytes
    report.problems.push(...verdict.problems)
    const body = storedBody(site.server.blobsDir, id)
    let refetched = 0
    for (; report.trials < (scale === 'full' ? 6 : 1); report.trials++) {
      const name = `video-${String(random.integer(1, segments - 1)).padStart(6, '0')}.m4s`
      const bytes = readFileSync(join(encoder.job.folder, 'files', name))
      const begin = readFileSync(body).indexOf(bytes)
      if (begin < 0) throw new Error(`${name} does not lie in the body`)
      const at = random.integer(0, bytes.length - 1)
      writeByte(body, begin + at, bytes[at]! ^ (1 << random.integer(0, 7)))

      const result = await site.decode(id, ['--patience', '1']).done

      const missing = result.missing.map(({ file }) => file)
      if (missing.join() !== name)
        report.problems.push(`${name} rotted, and missing was ${missing.join() || 'nothing'}`)
      if (!result.complete || result.refetched === 0)
        report.problems.push(`${name}: not fetched again, or not to the end`)
      refetched += result.refetched
      writeByte(body, begin + at, bytes[at]!)
      report.problems.push(...(await judgeDecoded(encoder.job.folder, site.decode(id), 60_000)).problems)
    }
    report.note = `found by its digest, fetched again ${refetched} times, left out as a hole; right again, no hole`
    await site.server.stop()
    return report
  },
}

function writeByte(path: string, position: number, value: number): void {
  const fd = openSync(path, 'r+')
  writeSync(fd, Buffer.of(value), 0, 1, position)
  closeSync(fd)
}

/** The receiver answers with the digest that was asked for, without having looked. */
export const storeControls: readonly Control[] = [
  {
    name: 'without reading back (F2)',
    fault: alteredInStore,
    removals: [
      {
        file: 'packages/server/src/deliver/file-store.ts',
        text: `      const stored = await readBack(partOf(file.name)).catch((cause: unknown) => {
        throw storageError(cause)
      })
`,
        instead: '      const stored = { size: file.size, digest: file.digest }\n',
      },
    ],
  },
]
