import { execFileSync } from 'node:child_process'

/** Every source file that git tracks, or would. */
export function sourceFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  return listed.split('\n').filter((name) => /\.(ts|mjs|js|css|sql)$/.test(name))
}
