// npm run drill -- NAME: breaks a part of the system on purpose, many times, and says what was lost.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { backupControls, backupFaults, shortBackupFaults } from '../drill/backup/backup-drill.ts'
import { deliveryFaults, shortDeliveryFaults } from '../drill/delivery/delivery-drill.ts'
import { storeControls } from '../drill/delivery/store-faults.ts'
import { type Control, runControls, runFaults } from '../drill/drill-run.ts'
import { drillTable } from '../drill/drill-table.ts'
import type { Fault } from '../drill/fault.ts'
import { playersFaults, shortPlayersFaults } from '../drill/players/players-drill.ts'
import { receiveControls } from '../drill/receive/controls.ts'
import { receiveFaults, shortReceiveFaults } from '../drill/receive/receive-drill.ts'
import { spoolControls } from '../drill/spool/controls.ts'
import { shortSpoolFaults, spoolFaults } from '../drill/spool/spool-drill.ts'
import { shortUmfFaults, umfControls, umfFaults } from '../drill/umf/umf-drill.ts'
import { uploadControls, uploadFaults } from '../drill/upload/upload-drill.ts'

const drills: Record<
  string,
  {
    about: string
    faults: readonly Fault[]
    short: readonly Fault[]
    controls: readonly Control[]
    /** What scripts/install.mjs is asked for before its full form. */
    install?: string
  }
> = {
  receive: {
    about: 'recordings sent over the ingest protocol, stored and published',
    faults: receiveFaults,
    short: shortReceiveFaults,
    controls: receiveControls,
  },
  spool: {
    about: 'events that an encoder keeps until its server proved that it has them',
    faults: spoolFaults,
    short: shortSpoolFaults,
    controls: spoolControls,
  },
  upload: {
    about: 'files that were recorded elsewhere, on their way to being recordings',
    faults: uploadFaults,
    short: uploadFaults,
    controls: uploadControls,
  },
  delivery: {
    about: 'events delivered as files and played at another site, over a network that fails',
    faults: deliveryFaults,
    short: shortDeliveryFaults,
    controls: storeControls,
  },
  umf: {
    about: 'archives that are edited by a machine that dies, and altered in any bit',
    faults: umfFaults,
    short: shortUmfFaults,
    controls: umfControls,
  },
  players: {
    about: 'archives in the players that people have, beside the plain MP4',
    faults: playersFaults,
    short: shortPlayersFaults,
    controls: [],
    install: '--with-players',
  },
  backup: {
    about: 'backups of a server that is being sent to, restored and started',
    faults: backupFaults,
    short: shortBackupFaults,
    controls: backupControls,
  },
}

const [name, ...flags] = process.argv.slice(2)
const drill = drills[name ?? '']
if (drill === undefined) {
  console.log('npm run drill -- NAME [--short] [--seed N] [--only WORD,…] [--controls] [--allow-missing]\n')
  for (const [each, { about, faults }] of Object.entries(drills)) {
    console.log(`${each}: ${about}`)
    for (const fault of faults) console.log(`  ${fault.name}`)
  }
  process.exit(name === undefined ? 0 : 2)
}

const value = (flag: string): string | undefined => (flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined)
const seed = Number(value('--seed') ?? Math.floor(Math.random() * 2 ** 31))
const words = value('--only')?.split(',')
const scale = flags.includes('--short') ? 'short' : 'full'
const chosen = (name: string): boolean => words?.some((word) => name.includes(word)) ?? true
const onlyControls = flags.includes('--controls')
const faults = (scale === 'full' ? drill.faults : drill.short).filter(({ name }) => chosen(name))
// Controls run in their full form: they are about the drill that is trusted, not about a quick look.
const controls =
  scale === 'full' || onlyControls ? drill.controls.filter((control) => chosen(`control: ${control.name}`)) : []
if (scale === 'full' && drill.install !== undefined) {
  const installer = join(import.meta.dirname, 'install.mjs')
  spawnSync(process.execPath, [installer, drill.install], { stdio: ['ignore', 2, 2] })
}
console.error(`drill ${name}, ${scale} form, seed ${seed}`)
const say = (text: string): void => console.error(text)
const outcomes = [
  ...(onlyControls ? [] : await runFaults(faults, { seed, scale, say })),
  ...(await runControls(controls, { seed, scale: 'full', say })),
]
console.log(drillTable(outcomes))
console.log(JSON.stringify({ drill: name, scale, seed, outcomes }))
const broken = outcomes.some(({ result }) => result === 'broken')
const missing = outcomes.some(({ result }) => result === 'not run') && !flags.includes('--allow-missing')
process.exit(broken || missing || outcomes.length === 0 ? 1 : 0)
