// One recording that is being received: its body, and the lease that says who may write to it.
//
//   resting ── take ──> held by a session ── take by another ──> the first is fenced, held by the second
//      └── quiet, seal ──> sealed <── seal ──┘
//
// Everything that changes the lease runs in one turn after the other; chunks go to the holder's body directly.
import type { Front } from '@rushes/media'
import { type Body, type BodyState, openBody } from '../body/body.ts'
import { BodyError } from '../body/body-error.ts'
import { type BodyFolder, bodyPath, makeRecordingFolder } from '../body/folder.ts'
import { recoverBody, recoverPrefix } from '../body/recovery.ts'
import type { RecordingId } from '../catalog/identifiers.ts'
import type { SealedBody } from '../publish/publisher.ts'
import type { ReceiveLimits } from './limits.ts'

/** Who holds the lease. */
export interface Holder {
  /** Another took over, or the recording is no more: nothing that comes from here counts from now on. */
  fenced(reason: 'stale-epoch' | 'gone' | 'published'): void
  durable(size: number, crc: number): void
  failed(error: BodyError): void
}

/** Somebody who reads the body while it grows. */
export interface BodyFollower {
  /** Somebody watches at this moment: whoever records may make shorter fragments. */
  readonly isWatched: boolean
  /** What comes next, in memory still: it may be lost before it is durable. */
  received(bytes: Uint8Array, offset: number): void
  durable(size: number): void
  /** Published: no more bytes come. */
  ended(): void
  /** Bytes that were told are gone, or all of them. */
  lost(): void
}

/** What a follower may read: bytes 0 to `size` of the file, and what it is told later. */
export type FollowedBody = { path: string; size: number; stop(): void }

export interface OpenRecording {
  readonly id: RecordingId
  readonly epoch: number
  readonly held: boolean
  /** Null until the first holder came. */
  readonly body: Body | null
  /** Since bytes became durable. */
  readonly silentMs: number
  readonly isWatched: boolean
  /** Null when it has ended. @throws BodyError */
  follow(follower: BodyFollower): Promise<FollowedBody | null>
  /** Gives the lease to `holder` at the epoch that `advance` commits, fencing whoever had it (N4). */
  take(holder: Holder, advance: () => Promise<number>): Promise<{ epoch: number; body: Body }>
  /** Lets go of the lease, if `holder` still has it. */
  release(holder: Holder): void
  /** Goes back to an earlier offset whose chain is `crc` (R2). @throws BodyError */
  rewind(holder: Holder, size: number, crc: number): Promise<Body>
  /**
   * Waits for all that was received to be durable and ends the body; `commit` publishes it. Only while `expected` has the
   * lease (null: nobody has it; left out: whoever has it, who is told). False where that is no longer so.
   */
  seal(commit: (body: SealedBody, epoch: number) => Promise<void>, expected?: Holder | null): Promise<boolean>
  /** Fences the holder and closes the file. */
  close(reason: 'gone' | 'stale-epoch'): Promise<void>
}

export type OpenRecordingOptions = {
  id: RecordingId
  epoch: number
  /** The range of its file that the body begins with. */
  front: Front | null
  folder: BodyFolder
  limits: ReceiveLimits
  /** Nobody holds it since `limits.quietMs`; null: that does not matter. */
  onQuiet: ((recording: OpenRecording) => void) | null
}

export function openRecording(options: OpenRecordingOptions): OpenRecording {
  const { id, folder, limits, front } = options
  const path = bodyPath(folder, id)
  let epoch = options.epoch
  let body: Body | null = null
  let holder: Holder | null = null
  let closed = false
  /** What this process acknowledged last: nobody goes back behind it. */
  let acknowledged = 0
  let turn: Promise<unknown> = Promise.resolve()
  let quietTimer: NodeJS.Timeout | undefined
  const followers = new Set<BodyFollower>()
  let heardAt = performance.now()

  function inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = turn.then(task)
    turn = result.catch(() => {})
    return result
  }

  function rest(): void {
    clearTimeout(quietTimer)
    const { onQuiet } = options
    if (closed || onQuiet === null) return
    quietTimer = setTimeout(() => onQuiet(recording), limits.quietMs)
    quietTimer.unref()
  }

  async function readyBody(): Promise<Body> {
    if (body !== null) {
      await body.drained()
      await body.reopen()
      return body
    }
    await makeRecordingFolder(folder, id)
    return useBody(await recoverBody(path, 2 * limits.windowBytes + limits.maxChunkBytes, front))
  }

  async function useBody(state: BodyState): Promise<Body> {
    body = await openBody(path, state)
    body.listen({
      received(bytes, offset) {
        for (const follower of followers) follower.received(bytes, offset)
      },
      durable(size, crc) {
        acknowledged = size
        heardAt = performance.now()
        holder?.durable(size, crc)
        for (const follower of followers) follower.durable(size)
      },
      failed(error) {
        holder?.failed(error)
        for (const follower of followers) follower.lost()
      },
    })
    return body
  }

  const recording: OpenRecording = {
    id,
    get epoch() {
      return epoch
    },
    get held() {
      return holder !== null
    },
    get body() {
      return body
    },
    get silentMs() {
      return performance.now() - heardAt
    },
    get isWatched() {
      for (const follower of followers) if (follower.isWatched) return true
      return false
    },

    follow: (follower) =>
      inTurn(async () => {
        if (closed) return null
        const { size } = (body ?? (await readyBody())).durable
        followers.add(follower)
        return { path, size, stop: () => followers.delete(follower) }
      }),

    take: (next, advance) =>
      inTurn(async () => {
        clearTimeout(quietTimer)
        try {
          epoch = await advance()
          holder?.fenced('stale-epoch')
          holder = null
          const ready = await readyBody()
          holder = next
          return { epoch, body: ready }
        } finally {
          if (holder !== next) rest()
        }
      }),

    release(who) {
      if (holder !== who) return
      holder = null
      rest()
    },

    rewind: (who, size, crc) =>
      inTurn(async () => {
        if (holder !== who || body === null || size < acknowledged || size > body.durable.size) {
          throw new BodyError('checksum-mismatch', `cannot go back to ${size}`)
        }
        const state = await recoverPrefix(path, size, crc, front)
        const former = body
        // Should the next step fail, nobody may write through a descriptor that is closed, and by then another file's.
        body = null
        await former.close()
        for (const follower of followers) follower.lost()
        return useBody(state)
      }),

    seal: (commit, expected) =>
      inTurn(async () => {
        const agreed = () => !closed && (expected === undefined || holder === expected)
        if (!agreed()) return false
        let ready: Body
        try {
          ready = body ?? (await readyBody())
          await ready.drained()
          if (!agreed()) return false
          const { size, crc } = ready.durable
          await commit({ size, crc, sha256: ready.sha256(), whole: ready.whole(), index: ready.index }, epoch)
        } catch (error) {
          // The index was finished and can't go on: whoever comes next reads the bytes again.
          const former = body
          body = null
          await former?.close().catch(() => {})
          rest()
          throw error
        }
        closed = true
        clearTimeout(quietTimer)
        if (expected === undefined) holder?.fenced('published')
        await ready.close()
        for (const follower of followers) follower.ended()
        return true
      }),

    close: (reason) =>
      inTurn(async () => {
        closed = true
        clearTimeout(quietTimer)
        holder?.fenced(reason)
        holder = null
        for (const follower of followers) follower.lost()
        await body?.close().catch(() => {})
      }),
  }
  rest()
  return recording
}
