import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { SandboxError } from './sandbox-error.ts'

/** What to install, for programs whose package is called otherwise. */
const packages: Readonly<Record<string, string>> = {
  ffprobe: 'ffmpeg',
  ffplay: 'ffmpeg',
  bwrap: 'bubblewrap',
  prlimit: 'util-linux',
  setpriv: 'util-linux',
  soffice: 'libreoffice-impress',
  'fc-list': 'fontconfig',
}

/**
 * Absolute path of a program: what `RUSHES_` and its name in capitals (RUSHES_FFMPEG) names, else the first on PATH.
 * The working folder is never searched, so nobody's files stand in for a program.
 *
 * @throws SandboxError `program-missing`, saying what to install
 */
export function findProgram(name: string, environment: NodeJS.ProcessEnv = process.env): string {
  if (isAbsolute(name)) return named(name, name)
  const variable = `RUSHES_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
  const chosen = environment[variable]
  if (chosen !== undefined && chosen !== '') return named(chosen, variable)
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    if (isAbsolute(folder) && isProgram(join(folder, name))) return join(folder, name)
  }
  throw new SandboxError(
    'program-missing',
    `${name} is not installed: install ${packages[name] ?? name}, or name the program in ${variable}`,
  )
}

function named(path: string, by: string): string {
  if (isAbsolute(path) && isProgram(path)) return path
  throw new SandboxError('program-missing', `${by}: ${path} is not the absolute path of a program`)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
