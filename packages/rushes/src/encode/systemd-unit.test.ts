import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { EncodeCommandOptions } from './encode-options.ts'
import { systemdUnit } from './systemd-unit.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-unit-'))
afterAll(() => rmSync(folder, { recursive: true }))

const unit = (options: Partial<EncodeCommandOptions>): string => systemdUnit(options as EncodeCommandOptions)

/** What systemd itself finds wrong; nothing where it is not installed. */
function verified(text: string): string {
  const path = join(folder, 'rushes-encoder.service')
  writeFileSync(path, text)
  const done = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' })
  return done.error === undefined ? `${done.stdout}${done.stderr}` : ''
}

describe('the unit of an encoder', () => {
  it('starts it as it is called, with its key handed over and its folder its own', () => {
    const text = unit({
      config: '/etc/rushes/church.toml',
      keyFile: '/etc/rushes/key',
      spoolRoot: '/var/lib/rushes-encoder/e',
    })
    expect(text).toMatch(
      /^ExecStart=\/\S+ \/\S+main\.ts encode --config \/etc\/rushes\/church\.toml --key-file %d\/key --plain$/m,
    )
    expect(text).toMatch(/^LoadCredential=key:\/etc\/rushes\/key$/m)
    for (const line of ['Type=notify', 'NotifyAccess=all', 'Restart=always', 'KillMode=mixed', 'DynamicUser=yes']) {
      expect(text).toContain(`\n${line}\n`)
    }
    expect(text).not.toContain('ReadWritePaths')
    expect(verified(text)).not.toContain('rushes-encoder.service')
  })

  it('names what it may write elsewhere, and keeps odd names whole', () => {
    const text = unit({ config: '/srv/50 % "$x"/e.toml', spoolRoot: '/srv/media disk' })
    expect(text).toContain(String.raw`--config "/srv/50 %% \"$$x\"/e.toml" --plain`)
    expect(text).toContain('ReadWritePaths="/srv/media disk"')
    expect(text).toContain('EnvironmentFile=-/etc/rushes/encoder.env\n# The key is RUSHES_KEY')
    expect(verified(text)).not.toContain('rushes-encoder.service')
  })

  it('would be refused by systemd if it were wrong, where that is installed', () => {
    const isThere = spawnSync('systemd-analyze', ['--version']).error === undefined
    const wrong = verified(unit({ spoolRoot: '/srv/x' }).replace('KillMode=mixed', 'KillMode=gently'))
    expect(wrong.includes('rushes-encoder.service')).toBe(isThere)
  })
})
