import { beforeAll, describe, expect, it } from 'vitest'
import { shortDeliveryFaults } from './delivery/delivery-drill.ts'
import { whyNoLab } from './delivery/network-lab.ts'
import { runFaults } from './drill-run.ts'
import { drillTable } from './drill-table.ts'
import type { FaultOutcome } from './fault.ts'

const seed = Number(process.env['RUSHES_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

describe(`the delivery drill in its short form, RUSHES_SEED=${seed}`, () => {
  const said: string[] = []
  let outcomes: FaultOutcome[] = []

  beforeAll(async () => {
    outcomes = await runFaults(shortDeliveryFaults, { seed, scale: 'short', say: (text) => said.push(text) })
    // The figures belong into the log of every run.
    console.log(`seed ${seed}\n${drillTable(outcomes)}`)
  }, 600_000)

  for (const { name } of shortDeliveryFaults) {
    // Without root there is no network to break: the table says so, and `npm run drill` fails over it.
    const allowed = whyNoLab() === null ? ['held'] : ['not run']
    it(`loses nothing: ${name}`, () => {
      expect(allowed, said.join('\n')).toContain(outcomes.find(({ fault }) => fault === name)?.result)
    })
  }
})
