import type { RecordingId, ShareId, UserId } from '../catalog/identifiers.ts'
import type { RecordingState, Role } from '../catalog/schema.ts'

/** Who asks, as proved by what they showed. */
export type Caller =
  | { kind: 'anonymous' }
  | { kind: 'user'; userId: UserId; role: Role; via: 'session' | 'key' }
  /** Whoever has a recording's link. */
  | { kind: 'share'; shareId: ShareId; recordingId: RecordingId }
  /** The machine that sends a recording, by the token it got for this one. */
  | { kind: 'sender'; recordingId: RecordingId }

/** What is asked about. `possession`: a key, a session, an account, an encoder, a job, an archive that is converted, which belong to one user. */
export type Resource =
  | { kind: 'server' }
  | { kind: 'recording'; id: RecordingId; ownerId: UserId; state: RecordingState }
  | { kind: 'possession'; ownerId: UserId }

export type Decision = 'allow' | 'not-found' | 'unauthenticated' | 'forbidden'

type Rule = {
  on: Resource['kind']
  /** Everybody, also who has shown nothing. */
  anyone?: true
  /** Who has the recording's link, or sends it, may too. */
  share?: true
  sender?: true
  /** Only the server's owner. */
  role?: 'owner'
  /** `session`: a key that leaked must not lock its user out. `key`: for programs alone. */
  via?: 'session' | 'key'
}

type ServerAction =
  | 'server.health'
  | 'server.status'
  | 'server.configure'
  | 'setup'
  | 'user.create'
  | 'user.list'
  | 'session.create'
  | 'session.list'
  | 'key.create'
  | 'key.list'
  | 'search'
  | 'recording.create'
  | 'recording.list'
  | 'encoder.introduce'
  | 'encoder.list'
  | 'encoder.alerts'
  | 'job.list'
  | 'import.create'
  | 'import.list'
  | 'layout.list'
  | 'layout.change'

type PossessionAction =
  | 'session.end'
  | 'key.revoke'
  | 'account.read'
  | 'account.change'
  | 'encoder.report'
  | 'encoder.read'
  | 'encoder.control'
  | 'webhook.change'
  | 'job.read'
  | 'job.control'
  | 'import.read'
  | 'import.change'

export type RecordingAction =
  | 'recording.read'
  | 'recording.search'
  | 'recording.play'
  | 'recording.verify'
  | 'recording.ingest'
  | 'recording.publish'
  | 'recording.rename'
  | 'recording.share'
  | 'recording.delete'

export type Action = ServerAction | PossessionAction | RecordingAction

/** The resource an action is decided on. */
export type ResourceOf<A extends Action> = Extract<
  Resource,
  { kind: A extends ServerAction ? 'server' : A extends PossessionAction ? 'possession' : 'recording' }
>

const rules: Readonly<Record<Action, Rule>> = {
  'server.health': { on: 'server', anyone: true },
  'server.status': { on: 'server', role: 'owner' },
  'server.configure': { on: 'server', role: 'owner' },
  setup: { on: 'server', anyone: true },
  'user.create': { on: 'server', role: 'owner' },
  'user.list': { on: 'server', role: 'owner' },
  'session.create': { on: 'server', anyone: true },
  'session.list': { on: 'server' },
  'key.create': { on: 'server' },
  'key.list': { on: 'server' },
  search: { on: 'server' },
  'recording.create': { on: 'server' },
  'recording.list': { on: 'server' },
  'encoder.introduce': { on: 'server', via: 'key' },
  'encoder.list': { on: 'server' },
  'encoder.alerts': { on: 'server' },
  'job.list': { on: 'server' },
  'import.create': { on: 'server' },
  'import.list': { on: 'server' },
  // They are the installation's: what one account's archive has taught serves all.
  'layout.list': { on: 'server' },
  'layout.change': { on: 'server', role: 'owner' },
  'session.end': { on: 'possession' },
  'key.revoke': { on: 'possession' },
  'account.read': { on: 'possession' },
  'account.change': { on: 'possession', via: 'session' },
  'encoder.report': { on: 'possession', via: 'key' },
  'encoder.read': { on: 'possession' },
  'encoder.control': { on: 'possession' },
  'webhook.change': { on: 'possession' },
  'job.read': { on: 'possession' },
  'job.control': { on: 'possession' },
  'import.read': { on: 'possession' },
  'import.change': { on: 'possession' },
  'recording.read': { on: 'recording', share: true },
  'recording.search': { on: 'recording', share: true },
  // Playlists and segments: what shows the picture. Digests, manifest and certificate prove it, to those it belongs to.
  'recording.play': { on: 'recording', share: true, sender: true },
  'recording.verify': { on: 'recording', sender: true },
  'recording.ingest': { on: 'recording', sender: true },
  'recording.publish': { on: 'recording', sender: true },
  'recording.rename': { on: 'recording' },
  'recording.share': { on: 'recording' },
  'recording.delete': { on: 'recording' },
}

export const actions: readonly Action[] = Object.keys(rules) as Action[]

/** What kind of resource an action is decided on. */
export function resourceKindOf(action: Action): Resource['kind'] {
  return rules[action].on
}

/**
 * The one place that says who may do what. `null` is a resource that does not exist: the answer is the same as
 * for another's, on every action, so that ids tell nothing.
 */
export function decide<A extends Action>(caller: Caller, action: A, resource: ResourceOf<A> | null): Decision {
  const rule = rules[action]
  if (resource && resource.kind !== rule.on)
    throw new Error(`${action} is decided on a ${rule.on}, not a ${resource.kind}`)
  if (rule.anyone) return 'allow'
  if (caller.kind === 'anonymous') return 'unauthenticated'
  if (!resource || !belongs(caller, resource)) return 'not-found'
  return mayDo(caller, rule) ? 'allow' : 'forbidden'
}

/** Whether the resource exists for this caller at all. */
function belongs(caller: Exclude<Caller, { kind: 'anonymous' }>, resource: Resource): boolean {
  if (resource.kind === 'server') return true
  if (caller.kind === 'user') return caller.userId === resource.ownerId
  if (resource.kind !== 'recording' || caller.recordingId !== resource.id) return false
  return caller.kind === 'sender' || resource.state !== 'discarded'
}

function mayDo(caller: Exclude<Caller, { kind: 'anonymous' }>, rule: Rule): boolean {
  if (caller.kind === 'share') return rule.share === true
  if (caller.kind === 'sender') return rule.sender === true
  if (rule.role !== undefined && caller.role !== rule.role) return false
  return rule.via === undefined || caller.via === rule.via
}
