// A screen over a program that breaks.
import { nonblockingOutput } from '../src/status/nonblocking-output.ts'
import { terminalScreen } from '../src/status/terminal-screen.ts'
import { calm } from './status-for-tests.ts'

const screen = terminalScreen(process.stderr, nonblockingOutput(process.stderr), process.stdin)
screen.show(calm, [])
setTimeout(() => {
  throw new Error('a bug')
}, 50)
