import { describe, expect, it } from 'vitest'
import { newRecordingId, newShareId, newUserId } from '../catalog/identifiers.ts'
import { type Action, actions, type Caller, type Decision, decide, type Resource, resourceKindOf } from './policy.ts'

const [owner, member, stranger] = [newUserId(), newUserId(), newUserId()]
const [recording, otherRecording] = [newRecordingId(), newRecordingId()]

const callers = {
  anonymous: { kind: 'anonymous' },
  ownerSession: { kind: 'user', userId: owner, role: 'owner', via: 'session' },
  ownerKey: { kind: 'user', userId: owner, role: 'owner', via: 'key' },
  memberSession: { kind: 'user', userId: member, role: 'member', via: 'session' },
  memberKey: { kind: 'user', userId: member, role: 'member', via: 'key' },
  share: { kind: 'share', shareId: newShareId(), recordingId: recording },
  sender: { kind: 'sender', recordingId: recording },
} satisfies Record<string, Caller>
const users = ['ownerSession', 'ownerKey', 'memberSession', 'memberKey'] as const
type Name = keyof typeof callers

/** Who is allowed on what is theirs (the share's and the sender's recording; a user's own). Written out by hand. */
const allowed: Record<Action, readonly Name[]> = {
  'server.health': ['anonymous', ...users, 'share', 'sender'],
  'server.status': ['ownerSession', 'ownerKey'],
  'server.configure': ['ownerSession', 'ownerKey'],
  setup: ['anonymous', ...users, 'share', 'sender'],
  'user.create': ['ownerSession', 'ownerKey'],
  'user.list': ['ownerSession', 'ownerKey'],
  'session.create': ['anonymous', ...users, 'share', 'sender'],
  'session.list': users,
  'session.end': users,
  'key.create': users,
  'key.list': users,
  'key.revoke': users,
  'account.read': users,
  'account.change': ['ownerSession', 'memberSession'],
  search: users,
  'recording.create': users,
  'recording.list': users,
  'encoder.introduce': ['ownerKey', 'memberKey'],
  'encoder.list': users,
  'encoder.alerts': users,
  'job.list': users,
  'import.create': users,
  'import.list': users,
  'layout.list': users,
  'layout.change': ['ownerSession', 'ownerKey'],
  'encoder.report': ['ownerKey', 'memberKey'],
  'encoder.read': users,
  'encoder.control': users,
  'webhook.change': users,
  'job.read': users,
  'job.control': users,
  'import.read': users,
  'import.change': users,
  'recording.read': [...users, 'share'],
  'recording.search': [...users, 'share'],
  'recording.play': [...users, 'share', 'sender'],
  'recording.verify': [...users, 'sender'],
  'recording.ingest': [...users, 'sender'],
  'recording.publish': [...users, 'sender'],
  'recording.rename': users,
  'recording.share': users,
  'recording.delete': users,
}
const open: readonly Action[] = ['server.health', 'setup', 'session.create']

function idOf(caller: Caller) {
  return caller.kind === 'user' ? caller.userId : stranger
}

/** The resource of that kind which belongs to the caller. */
function ownResource(kind: Resource['kind'], caller: Caller): Resource {
  if (kind === 'server') return { kind }
  if (kind === 'possession') return { kind, ownerId: idOf(caller) }
  return { kind, id: recording, ownerId: idOf(caller), state: 'published' }
}

function othersResource(kind: Resource['kind']): Resource | null {
  if (kind === 'server') return null
  if (kind === 'possession') return { kind, ownerId: stranger }
  return { kind, id: otherRecording, ownerId: stranger, state: 'published' }
}

/** The table's rows come from its keys, so the types of single actions are lost here. */
const ask = decide as (caller: Caller, action: Action, resource: Resource | null) => Decision

describe.each(Object.entries(callers) as [Name, Caller][])('%s', (name, caller) => {
  it.each(actions)('%s on what is theirs', (action) => {
    const kind = resourceKindOf(action)
    const ownsNothing = kind === 'possession' && (name === 'share' || name === 'sender')
    const refused = name === 'anonymous' ? 'unauthenticated' : ownsNothing ? 'not-found' : 'forbidden'
    expect(ask(caller, action, ownResource(kind, caller))).toBe(allowed[action].includes(name) ? 'allow' : refused)
  })

  it.each(actions)('%s on what is missing and on what is another’s: the same answer', (action) => {
    const expected = open.includes(action) ? 'allow' : name === 'anonymous' ? 'unauthenticated' : 'not-found'
    expect(ask(caller, action, null)).toBe(expected)
    expect(ask(caller, action, othersResource(resourceKindOf(action)))).toBe(expected)
  })
})

it('covers every action', () => {
  expect(Object.keys(allowed).sort()).toEqual([...actions].sort())
})

it('gives the server’s owner nothing of its members’ recordings', () => {
  for (const state of ['receiving', 'published', 'discarded'] as const) {
    const theirs: Resource = { kind: 'recording', id: recording, ownerId: member, state }
    for (const action of actions.filter((name) => resourceKindOf(name) === 'recording')) {
      expect(ask(callers.ownerSession, action, theirs)).toBe('not-found')
    }
  }
})

it('shows a link’s holder the recording while it is received, not once it is discarded', () => {
  const state = (state: 'receiving' | 'discarded') => ({
    kind: 'recording' as const,
    id: recording,
    ownerId: member,
    state,
  })
  expect(decide(callers.share, 'recording.read', state('receiving'))).toBe('allow')
  expect(decide(callers.share, 'recording.read', state('discarded'))).toBe('not-found')
})

it('is asked with the right kind of resource, else it is a bug', () => {
  expect(() => ask(callers.ownerKey, 'recording.read', { kind: 'server' })).toThrow('decided on a recording')
})
