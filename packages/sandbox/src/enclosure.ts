import { lstatSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import {
  asUser,
  bubblewrapCommand,
  canEnter,
  isolation,
  isWithinReach,
  type Mount,
  type Surroundings,
} from './isolation.ts'
import { SandboxError } from './sandbox-error.ts'
import { makeWorkFolder, type WorkFolder } from './work-folder.ts'

/** What a program sees of our files. */
export interface Enclosure {
  /** Where the program finds them: `/in/0`, `/in/1`, … and `/out/0`, …; their own paths where nothing hides the rest. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly isIsolated: boolean
  /** What stands in front of the program's command. */
  command(program: string): string[]
}

/**
 * Encloses a program with the files that it works on: inputs that it can't change, and outputs, which are there already and
 * empty, that it fills. Where bubblewrap works there is nothing else, and no network. See {@link isolation}.
 *
 * @param surroundings what it gets besides, where it is isolated
 * @throws SandboxError `file-refused`: a link, a folder or a device is no input and no output
 */
export function enclose(
  files: { inputs: readonly string[]; outputs: readonly string[] },
  surroundings: Surroundings = {},
): Enclosure {
  const inputs = files.inputs.map(regularFile)
  const outputs = files.outputs.map(regularFile)
  const barrier = isolation()
  if (barrier.kind === 'none') return { inputs, outputs, isIsolated: false, command: () => [] }
  const mounts = { inputs: placed(inputs, '/in'), outputs: placed(outputs, '/out') }
  const { user } = barrier
  const isShared = user !== null && [...inputs, ...outputs].every((path) => isWithinReach(path, user))
  return {
    inputs: mounts.inputs.map(({ inside }) => inside),
    outputs: mounts.outputs.map(({ inside }) => inside),
    isIsolated: true,
    command: (program) => [
      ...asUser(isShared ? user : null),
      ...bubblewrapCommand(barrier, mounts, program, surroundings),
    ],
  }
}

/**
 * A folder whose files an {@link enclose | enclosed} program may read and write, whomever it runs as.
 *
 * @param parent default the system's folder for temporary files; in one that others can't enter, programs run as ourselves
 */
export function openWorkFolder(parent: string = tmpdir()): WorkFolder {
  const barrier = isolation()
  const user = barrier.kind === 'bubblewrap' ? barrier.user : null
  return makeWorkFolder(user !== null && canEnter(resolve(parent), user) ? user : null, parent)
}

function placed(paths: readonly string[], folder: string): Mount[] {
  return paths.map((outside, index) => ({ outside, inside: `${folder}/${index}` }))
}

/** A link would be followed to where the one who made it wants, by us and not by the program. */
function regularFile(path: string): string {
  const file = resolve(path)
  if (!lstatSync(file).isFile()) throw new SandboxError('file-refused', `${file} is not a regular file`)
  return file
}
