import type { SessionView } from '@rushes/protocol'
import { server } from './server.ts'

let current: SessionView | null = null
const listeners = new Set<(session: SessionView) => void>()

/** Who is signed in; asks the server once. @throws ApiError */
export async function session(): Promise<SessionView> {
  return current ?? setSession(await server.session())
}

/** The answer of a sign-in, a sign-out or the first question. */
export function setSession(session: SessionView): SessionView {
  current = session
  for (const listener of listeners) listener(session)
  return session
}

export function onSession(listener: (session: SessionView) => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** Signs out here and on the server. @throws ApiError */
export async function signOut(): Promise<void> {
  await server.logout()
  setSession({ user: null, setupNeeded: false })
}
