import { spawn } from 'node:child_process'
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enclose, openWorkFolder } from './enclosure.ts'
import { isolation } from './isolation.ts'
import { runProgram, startProgram } from './program.ts'

const work = openWorkFolder()
const input = work.newFile('input')
writeFileSync(input, 'the input')
afterAll(() => rmSync(work.path, { recursive: true, force: true }))

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
let outputs = 0

/** Runs a script of bash's in the enclosure, with the input as $1 and the output as $2. */
async function run(
  script: string,
  options: Partial<Parameters<typeof runProgram>[0]> = {},
): Promise<{ said: string; output: string }> {
  const output = work.newFile(`output-${outputs++}`)
  const enclosure = enclose({ inputs: [input], outputs: [output] })
  const args = ['-c', script, 'script', ...enclosure.inputs, ...enclosure.outputs]
  const { stdout } = await runProgram({ program: 'bash', args, enclosure, timeLimitMs: 10_000, ...options })
  return { said: text(stdout), output: readFileSync(output, 'utf8') }
}

/** A server that nobody is to reach, and how many did. */
async function trap(): Promise<{ port: number; reached(): number; close(): void }> {
  let count = 0
  const server = createServer((socket) => {
    count++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return { port, reached: () => count, close: () => server.close() }
}

describe('a program in its enclosure', () => {
  beforeAll(() => {
    expect(isolation(), 'these tests want bubblewrap').toMatchObject({ kind: 'bubblewrap' })
  })

  it('reads its input, fills its output, and changes no input', async () => {
    const script = 'cat "$1" > "$2"; echo changed > "$1" || echo refused; rm -f "$1" "$2"; mv "$1" /tmp'
    const { said, output } = await run(`(${script}) 2>/dev/null; true`)
    expect(output).toBe('the input')
    expect(said).toBe('refused\n')
    expect(readFileSync(input, 'utf8')).toBe('the input')
  })

  it('sees nothing else of ours: no files, no folders, no variables, no processes', async () => {
    process.env['RUSHES_KEY'] = 'a secret of ours'
    const beside = join(tmpdir(), `rushes-beside-${process.pid}`)
    writeFileSync(beside, 'not for programs')
    try {
      const { said } = await run(`
        for path in ${beside} ${process.cwd()} ${work.path} /etc/passwd /etc/hostname /root /home /var /proc/1 /sys /run; do
          [ -e "$path" ] && echo "sees $path"
        done
        kill -0 ${process.pid} 2>/dev/null && echo 'reaches us'
        env`)
      expect(said).not.toMatch(/sees|reaches|RUSHES|secret/)
      expect(said).toContain('HOME=/tmp')
    } finally {
      delete process.env['RUSHES_KEY']
      rmSync(beside)
    }
  })

  it('writes nowhere but to its output and a bounded /tmp', async () => {
    const { said } = await run(`
      for path in /x /usr/x /in/x /out/x /etc/x /dev/x /dev/shm/x; do ( : > "$path" ) 2>/dev/null && echo "writes $path"; done
      head -c 200000000 /dev/zero > /tmp/large 2>/dev/null || echo bounded
      wc -c < /tmp/large`)
    expect(said).toMatch(/^bounded\n/)
    expect(said).not.toContain('writes /')
    expect(Number(said.split('\n')[1])).toBeLessThanOrEqual(64 * 2 ** 20)
  })

  it('has no network: not even this machine is reached', async () => {
    const server = await trap()
    const script = `: < /dev/tcp/127.0.0.1/${server.port}`
    try {
      // As a control, the same without an enclosure.
      await runProgram({ program: 'bash', args: ['-c', script], timeLimitMs: 10_000 })
      expect(server.reached()).toBe(1)
      await expect(run(script)).rejects.toMatchObject({ code: 'failed' })
      expect(server.reached()).toBe(1)
    } finally {
      server.close()
    }
  })

  it('has no privileges and gets none', async () => {
    const { said } = await run(
      'id -u; unshare --user true 2>/dev/null && echo nested; mount -t tmpfs x /tmp 2>/dev/null && echo mounted; true',
    )
    expect(said).toBe('65534\n')
  })

  it('is limited in what it writes, in memory, processor time and processes', async () => {
    const limited = async (script: string, limit: object): Promise<unknown> =>
      await run(script, limit).then(
        () => 'done',
        (error: unknown) => (error as { code: string }).code,
      )
    expect(await limited('head -c 3000000 /dev/zero > "$2"', { fileBytes: 1_000_000 })).toBe('failed')
    const hungry = 'x=$(head -c 300000000 /dev/zero | tr "\\0" a); echo "$x" | wc -c'
    expect(await limited(hungry, { memoryBytes: 100_000_000 })).toBe('failed')
    expect(await limited('while :; do :; done', { cpuSeconds: 1 })).toBe('failed')
    expect(await limited('true', { fileBytes: 1_000_000, memoryBytes: 100_000_000, cpuSeconds: 1, processes: 6 })).toBe(
      'done',
    )
    const forks = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 3 & done 2>/dev/null; jobs -p | wc -l'
    expect(Number((await run(forks)).said)).toBe(12)
    // Beyond its limit bash tries again and again, until its time is over.
    expect(await limited(forks, { processes: 6, timeLimitMs: 1500 })).toBe('timed-out')
  })

  it('ends with all that it started, at its time limit and with us', async () => {
    const marker = `sandbox-${process.pid}-${Date.now()}`
    const script = `trap '' TERM; exec -a ${marker} sleep 1000 & exec -a ${marker} sleep 1000`
    await expect(run(script, { timeLimitMs: 300 })).rejects.toMatchObject({ code: 'timed-out' })
    await untilNone(marker)

    const module = (name: string): string => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)))
    const source = `import { startProgram } from ${module('./program.ts')}
      import { enclose } from ${module('./enclosure.ts')}
      const enclosure = enclose({ inputs: [], outputs: [] })
      const args = ['-c', ${JSON.stringify(`echo started; ${script}`)}]
      const program = await startProgram({ program: 'bash', args, enclosure })
      program.stdout.pipe(process.stdout)`
    const us = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => us.stdout.once('data', resolve))
    us.kill('SIGKILL')
    await untilNone(marker)
  })

  it('stands behind others when told to', async () => {
    const own = Number(text((await runProgram({ program: 'nice', args: [] })).stdout))
    expect((await run('nice', { niceness: 19 })).said).toBe('19\n')
    expect((await run('nice')).said).toBe(`${own}\n`)
  })

  it('gives progress on an extra output', async () => {
    const enclosure = enclose({ inputs: [], outputs: [] })
    const program = await startProgram({ program: 'sh', args: ['-c', 'echo half >&3'], enclosure, extraOutputs: 1 })
    program.stdout.resume()
    expect(text(Buffer.concat(await program.extraOutputs[0]!.toArray()))).toBe('half\n')
    expect((await program.ended).status).toBe(0)
  })
})

it('no link, folder or device is an input or an output', () => {
  const link = join(work.path, 'link')
  symlinkSync('/etc/passwd', link)
  for (const path of [link, work.path, '/dev/zero']) {
    expect(() => enclose({ inputs: [path], outputs: [] })).toThrow('not a regular file')
    expect(() => enclose({ inputs: [], outputs: [path] })).toThrow('not a regular file')
  }
})

it('says that nothing isolates where there is no bubblewrap, and runs with limits alone', async () => {
  const module = (name: string): string => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)))
  const source = `import { isolation } from ${module('./isolation.ts')}
    import { enclose } from ${module('./enclosure.ts')}
    import { runProgram } from ${module('./program.ts')}
    const enclosure = enclose({ inputs: [${JSON.stringify(input)}], outputs: [] })
    const { stdout } = await runProgram({ program: 'cat', args: enclosure.inputs, enclosure, memoryBytes: 1e9, processes: 1 })
    console.log(JSON.stringify({ isolation: isolation(), stdout: new TextDecoder().decode(stdout) }))`
  const { stdout } = await runProgram({
    program: process.execPath,
    args: ['--input-type=module', '-e', source],
    environment: { RUSHES_BWRAP: '/nowhere/bwrap' },
  })
  expect(JSON.parse(text(stdout))).toEqual({
    isolation: { kind: 'none', reason: expect.stringContaining('RUSHES_BWRAP') },
    stdout: 'the input',
  })
})

/** Until no process has this name. */
async function untilNone(name: string): Promise<void> {
  for (;;) {
    const { stdout } = await runProgram({ program: 'ps', args: ['-eo', 'args='] })
    if (
      !text(stdout)
        .split('\n')
        .some((line) => line.startsWith(name))
    )
      return
    await wait(20)
  }
}
