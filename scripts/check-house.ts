import { existsSync, readFileSync } from 'node:fs'
import { sourceFiles } from './source-files.ts'

const emptyNames = /(^|\/)(utils?|helpers?|misc|common|lib|types)(\.|\/)/

/** Rules of CONTRIBUTING.md that a script can see. */
export function checkHouse(): string[] {
  const problems: string[] = []
  for (const file of sourceFiles()) {
    if (!existsSync(file)) continue
    const text = readFileSync(file, 'utf8')
    const lines = text.split('\n').length
    if (lines > 800) problems.push(`${file} has ${lines} lines: cut it along its nouns`)
    if (emptyNames.test(file)) problems.push(`${file}: name it after the domain's noun`)
    if (/\bexport \* from\b/.test(text)) problems.push(`${file}: name what is exported`)
    if (/\.test\.ts$/.test(file) && /\b(it|test|describe)\.(skip|only|todo)\b/.test(text)) {
      problems.push(`${file}: a skipped or focused test`)
    }
    if (file.startsWith('packages/') && /\/index\.ts$/.test(file) && !/^packages\/[a-z]+\/src\/index\.ts$/.test(file)) {
      problems.push(`${file}: an index only at a package's root`)
    }
  }
  return problems
}
