// Code of an archive computes, and does nothing else.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '@rushes/sandbox'
import { openArchive, openEditor } from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MemoryFile } from '../../umf/test/memory-file.ts'
import { type CodeLimits, runCode } from '../src/index.ts'
import { escapeAttempts, openTrap, signedCode, type Trap } from './signed-code.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-code-'))
const secret = join(folder, 'secret.js')
let trap: Trap
beforeAll(async () => {
  writeFileSync(secret, 'a secret of ours')
  trap = await openTrap()
})
afterAll(() => {
  trap.close()
  rmSync(folder, { recursive: true, force: true })
})

async function run(source: string, input: unknown = {}, limits: Partial<CodeLimits> = {}): Promise<unknown> {
  const { key, open } = await signedCode(source)
  return await runCode(await open(), { name: 'code', input, trustedKeys: [key], limits })
}

describe('[X2] code that a trusted key has signed', { timeout: 60_000 }, () => {
  it('is given a structured clone and answers one, also later', async () => {
    const input = { bytes: new Uint8Array([1, 2, 3]), when: new Date(5), words: new Map([['ä', ['x', null, 1n]]]) }
    expect(await run('export default (input) => ({ again: input, sum: 1 + 1 })', input)).toEqual({
      again: input,
      sum: 2,
    })
    expect(await run('export default async ({ a }) => { await 0; return new Set([a]) }', { a: 1 })).toEqual(
      new Set([1]),
    )
  })

  it('has the language, and nothing of Node', async () => {
    const source = `export default () => ['process', 'require', 'fetch', 'Buffer', 'setTimeout', 'WebSocket', 'navigator']
      .filter((name) => name in globalThis)`
    expect(await run(source)).toEqual([])
    for (const taken of [
      "import fs from 'node:fs'; export default () => 1",
      "import x from 'data:text/javascript,export default 1'; export default () => 1",
      "export default () => import('node:fs')",
      "export default () => eval('1')",
      "export default () => new Function('return 1')()",
    ]) {
      await expect(run(taken), taken).rejects.toMatchObject({ name: 'CodeError', code: 'failed' })
    }
  })

  it('that throws, is none, ends itself or never answers has failed, with its words', async () => {
    for (const [source, words] of [
      ["export default () => { throw new TypeError('no such thing') }", /TypeError: no such thing/],
      ["throw new Error('at once')", /at once/],
      ['export const a = 1', /no function/],
      ['export default () => {', /SyntaxError/],
      ['export default () => new Promise(() => {})', /no answer/],
      ['export default () => () => {}', /could not be cloned/],
      ["export default (x) => x.constructor.constructor('return process')().exit(0)", /no answer/],
      ["export default (x) => x.constructor.constructor('return process')().abort()", /SIGABRT|134/],
      [
        "export default (x) => { const p = x.constructor.constructor('return process')(); p.stdout.write('junk'); p.exit(0) }",
        /no answer/,
      ],
      [
        `export default (x) => {
          const p = x.constructor.constructor('return process')()
          const forged = p.getBuiltinModule('v8').serialize([false, { toString: 1 }, { toString: 1 }])
          p.getBuiltinModule('fs').writeSync(1, forged)
          p.exit(0)
        }`,
        /something/,
      ],
    ] as const) {
      await expect(run(source), source).rejects.toMatchObject({
        code: 'failed',
        message: expect.stringMatching(words),
      })
    }
  })

  it('is ended with all of it when it takes too long', async () => {
    for (const source of [
      'export default () => { for (;;); }',
      'for (;;);',
      'export default async () => { for (;;) await 0 }',
      'export default () => "a".repeat(30).match(/(a+)+b/) ?? [..."x".repeat(40)].join("").match(/(x+x+)+y/)',
    ]) {
      await expect(run(source, {}, { timeMs: 1500 }), source).rejects.toMatchObject({ code: 'timed-out' })
    }
  })

  it('has so much memory and no more, of objects and of buffers', async () => {
    const limits = { memoryBytes: 32 * 2 ** 20, timeMs: 30_000 }
    for (const source of [
      'export default () => { const all = []; for (;;) all.push({ a: [all.length] }) }',
      'export default () => { const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1)) }',
      'export default () => { const all = []; for (;;) all.push("x".repeat(1e6) + all.length) }',
    ]) {
      await expect(run(source, {}, limits), source).rejects.toMatchObject({
        code: expect.stringMatching(/^(out-of-memory|failed)$/),
      })
    }
    expect(await run('export default () => new Uint8Array(20e6).fill(1).length', {}, limits)).toBe(20e6)
  })

  it('is given and answers so much and no more', async () => {
    const few = { inputBytes: 10_000, outputBytes: 10_000 }
    const large = new Uint8Array(10_000)
    await expect(run('export default () => 1', large, few)).rejects.toMatchObject({ code: 'too-large' })
    const answer = 'export default () => new Uint8Array(20000)'
    await expect(run(answer, {}, few)).rejects.toMatchObject({ code: 'too-large' })
    expect(await run('export default () => new Uint8Array(9000).length', {}, few)).toBe(9000)
  })
})

describe('[X2, S3] code is not run', { timeout: 60_000 }, () => {
  const source = 'export default () => 1'

  it('without a key that is trusted, or of a state that this key has not signed', async () => {
    const [{ file, key, open }, other] = [await signedCode(source), await signedCode(source)]
    const tried = async (trustedKeys: string[]) => await runCode(await open(), { name: 'code', input: {}, trustedKeys })
    for (const keys of [[], [other.key], ['']]) {
      await expect(tried(keys)).rejects.toMatchObject({ code: 'not-trusted' })
    }
    expect(await tried([other.key, key])).toBe(1)
    await (await openEditor(file, sha256)).edit({ metadata: { edited: true } })
    await expect(tried([key])).rejects.toMatchObject({ code: 'not-trusted' })
  })

  it('that is not what its digest says, whoever has signed that', async () => {
    const { file, key } = await signedCode(source)
    const bytes = Buffer.from(file.bytes)
    bytes.write('=> 2', bytes.indexOf('=> 1'))
    const archive = await openArchive(new MemoryFile(bytes), { sha256 })
    const tried = runCode(archive, { name: 'code', input: {}, trustedKeys: [key] })
    await expect(tried).rejects.toMatchObject({ code: 'damaged' })
  })

  it('that is no code, or of a language that is not run here, or too long', async () => {
    for (const more of [
      { type: 'document' },
      { contentType: 'text/x-python' },
      { encryption: { module: 'urn:umf:aes-256-gcm' } },
    ]) {
      const { key, open } = await signedCode(source, more)
      const tried = runCode(await open(), { name: 'code', input: {}, trustedKeys: [key] })
      await expect(tried, JSON.stringify(more)).rejects.toMatchObject({ code: 'not-code' })
    }
    const long = await signedCode(`//${'x'.repeat(5e6)}\n${source}`)
    const tried = runCode(await long.open(), { name: 'code', input: {}, trustedKeys: [long.key] })
    await expect(tried).rejects.toMatchObject({ code: 'too-large' })
  })
})

describe.each(['bubblewrap', 'none'] as const)('code that gets out of its realm, kept by: %s', (kind) => {
  it('reads, writes, starts and reaches nothing', { timeout: 60_000 }, async () => {
    process.env['RUSHES_SECRET'] = 'a secret of ours'
    const before = trap.reached()
    const attempts = escapeAttempts({ file: secret, port: trap.port, pid: process.pid })
    const { file, key } = await signedCode(attempts)
    writeFileSync(join(folder, 'attempts.umf'), file.bytes)
    const { stdout } = await runProgram({
      program: process.execPath,
      args: [join(import.meta.dirname, 'run-code-process.ts'), join(folder, 'attempts.umf'), key],
      environment: { RUSHES_SECRET: 'a secret of ours', ...(kind === 'none' && { RUSHES_BWRAP: '/nowhere/bwrap' }) },
      timeLimitMs: 50_000,
    })
    const { isolated, answer } = JSON.parse(Buffer.from(stdout).toString()) as {
      isolated: string
      answer: { ends: Record<string, string>; variables: string }
    }
    expect(isolated).toBe(kind)
    expect(Object.keys(answer.ends).length).toBeGreaterThan(15)
    // In a network of its own, where nobody else is: what is sent there reaches no trap.
    const alone = kind === 'bubblewrap' ? ['listens', 'sends a datagram'] : []
    for (const [name, end] of Object.entries(answer.ends)) {
      if (!alone.includes(name)) expect(end, name).not.toMatch(/^done/)
    }
    expect(answer.variables).not.toContain('secret')
    expect(readFileSync(secret, 'utf8')).toBe('a secret of ours')
    expect(readdirSync(folder).sort()).toEqual(['attempts.umf', 'secret.js'])
    expect(trap.reached()).toBe(before)
  })
})

it('the attempts are what they say: outside, the same code succeeds', async () => {
  const before = trap.reached()
  const control = join(folder, 'control.mjs')
  writeFileSync(control, escapeAttempts({ file: control, port: trap.port, pid: 0 }))
  const harmless = ['reads a file', 'opens a file', 'reads it later', 'lists a folder', 'looks at a file']
  const only = [...harmless, 'starts a program', 'starts a thread', 'connects', 'listens', 'sends a datagram']
  const source = `const { default: run } = await import(${JSON.stringify(control)})
    console.log(JSON.stringify((await run({ only: ${JSON.stringify(only)} })).ends))
    process.exit(0)`
  const { stdout } = await runProgram({
    program: process.execPath,
    args: ['--input-type=module', '--eval', source],
    timeLimitMs: 20_000,
  })
  const ends = JSON.parse(Buffer.from(stdout).toString()) as Record<string, string>
  expect(Object.keys(ends)).toEqual(expect.arrayContaining(only))
  for (const [name, end] of Object.entries(ends)) expect(end, name).toMatch(/^done/)
  await expect.poll(() => trap.reached()).toBe(before + 2)
  rmSync(control)
})
