import { Command } from 'commander'
import { expect, it } from 'vitest'
import { commands, commandsFor } from './commands.ts'

it('each module adds the commands under whose names it is read', async () => {
  for (const [names, read] of commands) {
    const program = new Command()
    ;(await read())(program)
    expect(program.commands.map((command) => command.name()).sort()).toEqual([...names].sort())
  }
})

it('no name is told twice, one command reads one module, and what is no command reads all', () => {
  const names = commands.flatMap(([each]) => each)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(commandsFor(name)).toHaveLength(1)
  for (const name of [undefined, '--help', 'help', 'sevre']) expect(commandsFor(name)).toHaveLength(commands.length)
})
