// What runs in the process of its own that code gets: this text, given to Node by --eval, since no file of ours is seen there.

/**
 * Waits for `[code, input]` on stdin, and answers `[true, output]` or `[false, name, message]` on stdout, all as structured
 * clones, after one byte that says that it is ready. The code is an ECMAScript module in a realm that has the language alone;
 * what it imports is not there. What could reach other processes is taken from Node's realm too, should code find its way
 * into that: files and network are kept from all of this process by other means (run-code.ts).
 */
export const codeProcess: string = `
'use strict'
const vm = require('node:vm')
const v8 = require('node:v8')
const { stdin, stdout } = process
const exit = process.reallyExit.bind(process)
for (const name of ['kill', '_kill', '_debugProcess', '_debugEnd', 'dlopen', 'binding', '_linkedBinding'])
  Object.defineProperty(process, name, { value: undefined, configurable: false, writable: false })
const os = require('node:os')
os.setPriority = undefined
require('node:module').syncBuiltinESMExports()

const answer = (parts) => {
  const bytes = v8.serialize(parts)
  stdout.write(bytes, () => exit(0))
}
const words = (value) => { try { return String(value).slice(0, 2000) } catch { return 'something without words' } }
const fail = (error) => {
  let name = 'Error', message = ''
  try { name = words(error.name); message = words(error.message) } catch { message = words(error) }
  answer([false, name, message])
}
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)

async function run(code, input) {
  const context = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: true } })
  const refuse = (name) => { throw new Error('code imports nothing, not ' + words(name)) }
  const module = new vm.SourceTextModule(code, { context, identifier: 'code', importModuleDynamically: refuse })
  await module.link(refuse)
  await module.evaluate()
  const main = module.namespace.default
  if (typeof main !== 'function') throw new Error('its default export is no function')
  return await main(input)
}

const parts = []
stdin.on('data', (part) => parts.push(part))
stdin.on('end', () => {
  let task
  try { task = v8.deserialize(Buffer.concat(parts)) } catch (error) { return fail(error) }
  parts.length = 0
  run(task[0], task[1]).then((output) => answer([true, output])).catch(fail)
})
stdout.write('R')
`
