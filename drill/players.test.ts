import { beforeAll, describe, expect, it } from 'vitest'
import { runFaults } from './drill-run.ts'
import { drillTable } from './drill-table.ts'
import type { FaultOutcome } from './fault.ts'
import { shortPlayersFaults } from './players/players-drill.ts'

const seed = Number(process.env['RUSHES_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

describe(`archives in players, the short form of the drill, RUSHES_SEED=${seed}`, () => {
  const said: string[] = []
  let outcomes: FaultOutcome[] = []

  beforeAll(async () => {
    outcomes = await runFaults(shortPlayersFaults, { seed, scale: 'short', say: (text) => said.push(text) })
    // The figures belong into the log of every run.
    console.log(`seed ${seed}\n${drillTable(outcomes)}`)
  }, 300_000)

  for (const { name } of shortPlayersFaults) {
    it(`plays as the plain MP4 does: ${name}`, () => {
      expect(outcomes.find(({ fault }) => fault === name)?.result, said.join('\n')).toBe('held')
    })
  }
})
