import { type Isolation, isolation } from '@rushes/sandbox'
import type { StoreCheck } from '@rushes/server'

/** What stands between programs that read what others sent, and everything else. */
export function sandboxCheck(found: Isolation = isolation()): StoreCheck {
  const name = 'sandbox'
  if (found.kind === 'none') {
    return {
      ...{ name, ok: 'warning', detail: `limits alone: ${found.reason}` },
      advice:
        'Programs that convert what others sent then have this machine’s files and network within reach, behind lists of ' +
        'allowed formats: apt-get install bubblewrap, and allow user namespaces.',
    }
  }
  const whom = found.user === null ? 'as this user' : `as user ${found.user.uid}`
  const root = process.getuid?.() === 0 && found.user === null
  return {
    ...{ name, ok: root ? 'warning' : true, detail: `bubblewrap, ${whom}, ${found.path}` },
    ...(root && { advice: 'Run the server as another user than root: it could not be left in the sandbox.' }),
  }
}
