#!/usr/bin/env node
// Plain JavaScript, so that any Node can start it; it goes on under the pinned one, which runs TypeScript.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'main.ts')
const pinned = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
const node = existsSync(pinned) ? pinned : process.execPath
process.env.UV_THREADPOOL_SIZE ??= '16'
// Half of the time until a command begins is reading its TypeScript, which Node then does once for each version of a file.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'node')
const args = [main, ...process.argv.slice(2)]
if (typeof process.execve === 'function') process.execve(node, [node, ...args], process.env)
// Older Nodes cannot replace themselves: signals of the terminal reach the child as well, so waiting is enough.
const ran = spawnSync(node, args, { stdio: 'inherit' })
process.exit(ran.status ?? 1)
