import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { findProgram } from './find-program.ts'
import { runProgram, startProgram } from './program.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

function isAlive(pid: number): boolean {
  const path = `/proc/${pid}/stat`
  if (!existsSync(path)) return false
  // The state behind the name: a zombie waits only for its parent to look.
  return !/\) [ZX] /.test(readFileSync(path, 'utf8'))
}

async function untilDead(pid: number): Promise<void> {
  while (isAlive(pid)) await wait(10)
}

it('gives arguments as they are: no shell reads them', async () => {
  const hostile = ['a b', '; rm -rf /', '$(id)', '-i', '\'"`', '\n']
  const { stdout } = await runProgram({ program: 'printf', args: ['%s|', ...hostile] })
  expect(text(stdout)).toBe(hostile.map((each) => `${each}|`).join(''))
})

it('hands on only a few variables, and those it is told to', async () => {
  process.env['RUSHES_KEY'] = 'a secret of ours'
  try {
    const { stdout } = await runProgram({ program: 'env', args: [], environment: { GIVEN: 'yes' } })
    expect(text(stdout)).not.toContain('RUSHES_KEY')
    expect(text(stdout)).toContain('GIVEN=yes')
  } finally {
    delete process.env['RUSHES_KEY']
  }
})

it('reads extra outputs, each by itself', async () => {
  const program = await startProgram({ program: 'sh', args: ['-c', 'echo three >&3; echo four >&4'], extraOutputs: 2 })
  const read = program.extraOutputs.map(async (stream) => text(Buffer.concat(await stream.toArray())))
  program.stdout.resume()
  expect(await Promise.all(read)).toEqual(['three\n', 'four\n'])
  expect((await program.ended).status).toBe(0)
})

it('keeps the end of stderr, and no more of it', async () => {
  const script = 'i=0; while [ $i -lt 20000 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 3'
  await expect(runProgram({ program: 'sh', args: ['-c', script], stderrBytes: 100 })).rejects.toMatchObject({
    code: 'failed',
    detail: expect.stringMatching(/^[\s\S]{80,90}line 19999\n$/),
  })
})

it('kills the whole group of a program that runs over its time and ignores SIGTERM', async () => {
  const script = 'trap "" TERM; sleep 1000 & echo $!; while true; do sleep 1000; done'
  const program = await startProgram({ program: 'sh', args: ['-c', script], timeLimitMs: 300, graceMs: 100 })
  const child = Number(text(await new Promise<Buffer>((resolve) => program.stdout.once('data', resolve))))
  expect(child).toBeGreaterThan(1)
  program.stdout.resume()
  expect(await program.ended).toMatchObject({ timedOut: true, signal: 'SIGKILL' })
  await untilDead(child)
  await expect(runProgram({ program: 'sleep', args: ['1000'], timeLimitMs: 50 })).rejects.toMatchObject({
    code: 'timed-out',
  })
})

it('ends what a program started and left behind', async () => {
  const program = await startProgram({ program: 'sh', args: ['-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'] })
  const left = Number(text(await new Promise<Buffer>((resolve) => program.stdout.once('data', resolve))))
  await program.ended
  await untilDead(left)
})

it('leaves no orphan when we are killed', async () => {
  const module = fileURLToPath(new URL('./program.ts', import.meta.url))
  const source = `import { startProgram } from ${JSON.stringify(module)}
    const program = await startProgram({ program: 'sleep', args: ['1000'] })
    console.log(program.pid)
    setInterval(() => {}, 1000)`
  const us = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = Number(text(await new Promise<Buffer>((resolve) => us.stdout.once('data', resolve))))
  expect(isAlive(pid)).toBe(true)
  us.kill('SIGKILL')
  await untilDead(pid)
})

it('limits memory and output', async () => {
  const hungry = ['-c', 'x=$(head -c 300000000 /dev/zero | tr "\\0" a); echo $x']
  await expect(runProgram({ program: 'bash', args: hungry, memoryBytes: 100_000_000 })).rejects.toMatchObject({
    code: 'failed',
  })
  await expect(runProgram({ program: 'yes', args: [], outputBytes: 100_000 })).rejects.toMatchObject({
    code: 'output-too-large',
  })
})

it('says what to do when a program is missing', async () => {
  await expect(runProgram({ program: 'no-such-program', args: [] })).rejects.toMatchObject({
    code: 'program-missing',
    message: expect.stringContaining('RUSHES_NO_SUCH_PROGRAM'),
  })
  expect(findProgram('ffmpeg', { RUSHES_FFMPEG: '/bin/true' })).toBe('/bin/true')
  expect(() => findProgram('ffmpeg', { RUSHES_FFMPEG: '/etc/passwd' })).toThrow('is not the absolute path of a program')
  expect(() => findProgram('sh', { PATH: '.:bin' })).toThrow('not installed')
})

it('stands behind what wants the processor, with all that it starts', async () => {
  const script = 'sleep 30 & echo $!; wait'
  const program = await startProgram({ program: 'sh', args: ['-c', script], niceness: 7 })
  try {
    const [line] = (await once(program.stdout, 'data')) as [Buffer]
    for (const pid of [program.pid, Number(line)]) expect(niceOf(pid)).toBeGreaterThanOrEqual(7)
  } finally {
    await program.stop()
  }
})

/** proc_pid_stat(5), field 19. */
function niceOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
}
