import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'

/** Packages that others build upon: what they export is written down, so that a change of it shows in review. */
const packages = ['media', 'protocol', 'recorder', 'player']

/** Compares each package's exports with its `api.md`; with `update`, writes it anew. */
export function checkApi(update: boolean): string[] {
  const emitted = mkdtempSync(join(tmpdir(), 'rushes-api-'))
  try {
    const flags = [
      '-p',
      'tsconfig.json',
      '--noEmit',
      'false',
      '--emitDeclarationOnly',
      '--outDir',
      emitted,
      '--rootDir',
      '.',
    ]
    const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', ...flags], { encoding: 'utf8' })
    if (tsc.status !== 0) return [`declarations could not be made: ${tsc.stdout.split('\n')[0]}`]
    return packages.flatMap((name) => {
      const report = reportOf(name, emitted)
      const path = `packages/${name}/api.md`
      if (update) writeFileSync(path, report)
      const written = existsSync(path) ? readFileSync(path, 'utf8') : ''
      return written === report ? [] : [`${path} is not what the package exports: run npm run check -- --update-api`]
    })
  } finally {
    rmSync(emitted, { recursive: true, force: true })
  }
}

const exportForm = /^export (?:type )?\{([^}]*)\} from '([^']+)'/gm

function reportOf(name: string, emitted: string): string {
  const index = `packages/${name}/src/index.ts`
  const lines = [`# Exports of @rushes/${name}`, '', 'Written by `npm run check -- --update-api`.', '', '```ts']
  for (const [, names, from] of readFileSync(index, 'utf8').matchAll(exportForm)) {
    const source = normalize(join(dirname(index), from!))
    const declarations = declarationsIn(readFileSync(join(emitted, source.replace(/\.ts$/, '.d.ts')), 'utf8'))
    lines.push(`// ${from}`)
    for (const each of names!.split(',').map((text) => text.trim().replace(/^type /, ''))) {
      if (each !== '') lines.push(declarations.get(each.split(' as ')[0]!) ?? `// ${each}`)
    }
  }
  return `${[...lines, '```', ''].join('\n')}`
}

/** Top-level declarations by name, without their comments. */
function declarationsIn(text: string): Map<string, string> {
  const found = new Map<string, string>()
  let name: string | null = null
  for (const line of text.replaceAll(/\/\*[\s\S]*?\*\//g, '').split('\n')) {
    const start = /^export (?:declare )?(?:abstract )?(?:function|const|class|type|interface) (\w+)/.exec(line)
    if (start !== null) name = start[1]!
    else if (/^(?:export|import|declare|type|interface)\b/.test(line)) name = null
    if (name !== null && line.trim() !== '' && !/^\s*\/\//.test(line)) {
      found.set(name, found.has(name) ? `${found.get(name)}\n${line}` : line)
    }
  }
  return found
}
