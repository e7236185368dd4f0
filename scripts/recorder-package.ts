// What other people's pages import: the recorder as JavaScript with its types, without anything of this repository.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { buildPlainModules, entryBytes } from './plain-modules.ts'

const root = join(import.meta.dirname, '..')
const recorder = join(root, 'packages', 'recorder')

/** Compressed bytes that a page loads before anybody records; workers and encoders come when they are needed. */
export const entryBudget: number = 80_000

/** Builds the package into `folder`, as `npm pack` takes it there. */
export async function buildRecorderPackage(folder: string): Promise<void> {
  const entries = { index: join(recorder, 'src/index.ts'), element: join(recorder, 'src/element/rushes-recorder.ts') }
  await buildPlainModules(recorder, entries, folder)
  writeTypes(folder)
  for (const name of ['README.md']) cpSync(join(recorder, name), join(folder, name))
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  cpSync(join(recorder, 'examples'), join(folder, 'examples'), { recursive: true })
  const { name, version, license, description } = JSON.parse(readFileSync(join(recorder, 'package.json'), 'utf8'))
  const { dependencies } = JSON.parse(readFileSync(join(root, 'packages/protocol/package.json'), 'utf8'))
  const manifest = {
    ...{ name, version, license, description, type: 'module', sideEffects: ['./element.js'] },
    exports: {
      '.': { types: './types/recorder/src/index.d.ts', default: './index.js' },
      './element.js': { types: './types/recorder/src/element/rushes-recorder.d.ts', default: './element.js' },
    },
    // The types name it; the code has what it needs.
    dependencies,
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** Declarations of the recorder and of the protocol that it speaks of, with paths that hold outside of here. */
function writeTypes(folder: string): void {
  const emitted = mkdtempSync(join(tmpdir(), 'rushes-types-'))
  try {
    const flags = ['--noEmit', 'false', '--emitDeclarationOnly', '--outDir', emitted, '--rootDir', '.']
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const done = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json', ...flags], { cwd: root, encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`the types could not be made: ${done.stdout.slice(0, 1000)}`)
    const packages = join(emitted, 'packages')
    for (const file of globSync('{recorder,protocol}/src/**/*.d.ts', { cwd: packages })) {
      if (file.endsWith('.test.d.ts')) continue
      const protocol = relative(dirname(file), 'protocol/src/index.js')
      const text = readFileSync(join(packages, file), 'utf8')
        .replaceAll(/(["'])@rushes\/protocol\1/g, `'${protocol.startsWith('.') ? protocol : `./${protocol}`}'`)
        .replaceAll(/(["']\.[^"']*)\.ts(["'])/g, '$1.js$2')
      const path = join(folder, 'types', file)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
  } finally {
    rmSync(emitted, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const folder = join(recorder, 'dist')
  await buildRecorderPackage(folder)
  for (const entry of ['index.js', 'element.js']) {
    console.error(`${entry}: ${(entryBytes(folder, entry) / 1000).toFixed(1)} kB compressed of ${entryBudget / 1000}`)
  }
  console.log(`npm pack ${relative(process.cwd(), folder)}`)
}
