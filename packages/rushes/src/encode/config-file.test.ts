import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, describe, expect, it } from 'vitest'
import { applyConfig } from './config-file.ts'
import { addEncodeOptions, readEncodeOptions } from './encode-options.ts'
import { readKeyFile } from './key-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

function read(text: string, ...words: string[]) {
  const path = file('encoder.toml', text)
  const command = addEncodeOptions(new Command('encode')).action(() => {})
  command.parse(['--config', path, ...words], { from: 'user' })
  return readEncodeOptions(command)
}

function problem(text: string): string {
  try {
    read(text)
  } catch (error) {
    return (error as Error).message.replaceAll(folder, '')
  }
  return 'none'
}

const least = 'input = "test:"\nspool = "s"\n'

describe('a configuration file', () => {
  it('has a key for every option of the command, with the value that the option would have', () => {
    const options = read(`
      input = ["camera=test:?size=320x180", "desk=alsa:default"]
      spool-root = "/var/lib/rushes-encoder/events"
      keep = 14
      segment = 4
      rendition = ["1280x720@2500k", "640x360@800k"]
      video = "hevc"
      spool-limit = "10G"
      newest-first = true
      plain = false
      bandwidth = 500000
      hours = "22:00-06:00"
      metrics = 9100
      server = "https://rushes.example"
    `)
    expect(options).toMatchObject({
      ...{ spoolRoot: '/var/lib/rushes-encoder/events', keep: 14, segment: 4, video: 'hevc', spoolLimit: 10e9 },
      ...{ newestFirst: true, plain: false, bandwidth: 500_000, server: 'https://rushes.example', workers: 4 },
      metrics: { host: '127.0.0.1', port: 9100 },
      hours: [{ fromMinute: 1320, toMinute: 360 }],
    })
    expect(options.input.map(({ set }) => set)).toEqual(['camera', 'desk'])
    expect(options.rendition).toHaveLength(2)
  })

  it('every option can be written, but what is said once and what is secret', () => {
    const command = addEncodeOptions(new Command('encode'))
    const refused = command.options
      .map((option) => option.name())
      .filter((name) => problem(`${least}${name} = []\n`).includes('no option'))
    expect(refused).toEqual(['config', 'print-systemd-unit'])
  })

  it('counts less than the command line', () => {
    expect(read(`${least}title = "A"\nsegment = 4\n`, '--title', 'B')).toMatchObject({ title: 'B', segment: 4 })
    expect(read(least, '--input', 'desk=test:').input.map(({ set }) => set)).toEqual(['desk'])
  })

  it.each([
    ['colour = 1\n', '/encoder.toml:3: there is no option colour; rushes encode --help lists them'],
    ['workers = "many"\n', '/encoder.toml:3: workers: Give a number from 1 to 64.'],
    ['\nvideo = "vp9"\n', '/encoder.toml:4: video: Allowed choices are h264, hevc, av1, copy.'],
    ['plain = "yes"\n', '/encoder.toml:3: plain: write true or false'],
    ['title = true\n', '/encoder.toml:3: title: write a text or a number'],
    ['[rendition]\nwidth = 1\n', '/encoder.toml:3: rendition: write a text or a number'],
    ['rendition = ["720p"]\n', '/encoder.toml:3: rendition: 720p: write a rendition as'],
    ['key = "secret"\n', '/encoder.toml:3: keep the key in a file of its own'],
    ['title = "A\n', '/encoder.toml:3:'],
    ['title = "A"\ntitle = "B"\n', '/encoder.toml:4:'],
    ['spool-root = "r"\n', '--spool for one event, --spool-root'],
    ['key-file = "/nowhere/key"\n', "/nowhere/key can't be read"],
  ])('that has %j is refused with its place', (line, said) => {
    expect(problem(`${least}${line}`)).toContain(said)
  })

  it('that is not there, or says too little, is refused', () => {
    const command = addEncodeOptions(new Command('encode'))
    expect(() => applyConfig(command, '/nowhere/encoder.toml')).toThrow("/nowhere/encoder.toml can't be read")
    expect(problem('spool = "s"\n')).toContain('--input')
    expect(problem('input = ["test:", "test:"]\nspool = "s"\n')).toContain('two inputs are the set main')
  })
})

describe('a key in a file', () => {
  it('is read when nobody else may read it', () => {
    expect(readKeyFile(file('key', 'rk_abc-123\n'))).toBe('rk_abc-123')
    expect(read(`${least}key-file = "${file('key', 'rk_1')}"\n`).key).toBe('rk_1')
    expect(readKeyFile(file('key', 'rk_2', 0o400))).toBe('rk_2')
  })

  it.each([0o640, 0o604, 0o660, 0o644])('is refused when others may: mode %o', (mode) => {
    const path = file('open-key', 'rk_abc', mode)
    expect(() => readKeyFile(path)).toThrow(`chmod 600 ${path}`)
  })

  it('is refused when it is none', () => {
    expect(() => readKeyFile(file('key', ''))).toThrow('no key')
    expect(() => readKeyFile(file('key', 'one\ntwo\n'))).toThrow('no key')
    expect(() => readKeyFile(file('key', 'x'.repeat(5000)))).toThrow('too large')
    expect(() => readKeyFile(folder)).toThrow('no file')
  })
})
