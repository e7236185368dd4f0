import type { FaultOutcome } from './fault.ts'

/** The figures of a drill, as people read them. */
export function drillTable(outcomes: readonly FaultOutcome[]): string {
  const rows = [['fault', 'trials', 'acknowledged', 'lost', 's', 'result', ''], ...outcomes.map(row)]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  return rows
    .map((cells) =>
      cells
        .map((cell, column) =>
          column >= 1 && column <= 4 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function row(outcome: FaultOutcome): string[] {
  if (outcome.result === 'not run') return [outcome.fault, '–', '–', '–', '–', 'NOT RUN', outcome.missing]
  const { trials, acknowledgedBytes, lostBytes, problems, note } = outcome.report
  const detail = outcome.result === 'held' ? (note ?? '') : `${problems.length} problems: ${problems[0]}`
  const result = outcome.result === 'held' ? 'held' : 'BROKEN'
  return [
    outcome.fault,
    `${trials}`,
    `${acknowledgedBytes}`,
    `${lostBytes}`,
    outcome.seconds.toFixed(0),
    result,
    detail,
  ]
}
