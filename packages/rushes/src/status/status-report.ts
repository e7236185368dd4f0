import type { EncoderStatus } from '@rushes/encoder'
import { type Command, Option } from 'commander'
import { eventLines } from './event-lines.ts'
import { isInForeground } from './foreground.ts'
import { type MetricsAddress, metricsAddress, serveMetrics } from './metrics-server.ts'
import { nonblockingOutput } from './nonblocking-output.ts'
import { plainLines } from './plain-lines.ts'
import type { StatusDisplay } from './status-display.ts'
import { statusNews } from './status-news.ts'
import { terminalScreen } from './terminal-screen.ts'

export type ReportOptions = { plain?: boolean; events?: boolean; metrics?: MetricsAddress; json?: boolean }

/** How a command that runs for long says where it is. */
export interface StatusReport {
  /** There may be news. */
  tell(): void
  note(text: string): void
  /** Says the last, and gives the terminal back. */
  close(): void
}

/** Options of every command that says where an encoder stands. */
export function addReportOptions(command: Command): Command {
  return command
    .option('--plain', 'lines instead of the full screen')
    .option('--events', 'the state as one JSON object a line on stdout, every second and with every change')
    .addOption(
      new Option('--metrics <[host:]port>', 'serve /metrics for Prometheus and /status as JSON').argParser(
        metricsAddress,
      ),
    )
}

/** @param read the status now; null: there is none yet. @throws CommandError `port-taken` */
export async function openReport(options: ReportOptions, read: () => EncoderStatus | null): Promise<StatusReport> {
  const served = options.metrics === undefined ? null : await serveMetrics(options.metrics, read)
  const displays = displaysOf(options)
  if (served !== null) for (const display of displays) display.note(`metrics at ${served.url}/metrics`)
  let before: EncoderStatus | null = null

  /** A disk that fails is told by what needs it; showing it must not be what ends a recording. */
  function look(): EncoderStatus | null {
    try {
      return read()
    } catch {
      return null
    }
  }

  function show(isDue: boolean): void {
    const status = look()
    if (status === null) return
    const news = statusNews(before, status)
    if (news.length === 0 && !isDue) return
    before = status
    for (const display of displays) display.show(status, news)
  }
  const ticking = setInterval(() => show(true), 1000)
  ticking.unref()

  return {
    tell: () => show(false),
    note(text) {
      for (const display of displays) display.note(text)
    },
    close() {
      clearInterval(ticking)
      show(true)
      for (const display of displays) display.close()
      served?.close()
    },
  }
}

function displaysOf({ plain, events, json }: ReportOptions): StatusDisplay[] {
  const displays: StatusDisplay[] = []
  if (events === true) displays.push(eventLines(nonblockingOutput(process.stdout)))
  if (json === true) return displays
  const { stderr, stdin } = process
  const write = nonblockingOutput(stderr)
  const isScreen = stderr.isTTY && process.env['TERM'] !== 'dumb' && plain !== true && isInForeground()
  displays.push(isScreen ? terminalScreen(stderr, write, stdin.isTTY ? stdin : null) : plainLines(write))
  return displays
}
