// What a machine has for tasks, shared by all jobs that run on it. Of one job that asks:
//
//   asks ── room ──────────────────────────────> enters ──> gives back
//     └── none ── it runs something ──> asks again when something changed
//            └── it runs nothing ──> first in the queue: nobody else begins another task until it got its own
import { type Demand, hasRoom, sum } from './admission.ts'
import { type FreeResources, openResourceMonitor, type ResourceMonitor } from './resource-monitor.ts'

export interface Capacity {
  /** Takes a demand, where there is room; what is answered gives it back. */
  enter(asker: object, demand: Demand): Promise<(() => void) | null>
  /** It wants no more. */
  leave(asker: object): void
  /** Settles when there may be room that was not. */
  changed(): Promise<void>
}

export type CapacityOptions = {
  monitor?: ResourceMonitor
  /** Whether something goes before all tasks just now: a recording that is made. */
  isYielding?: () => boolean
}

/** Free resources are measured at most so often. */
const measureEveryMs = 200

/** For all jobs of a process. */
export function openCapacity(options: CapacityOptions = {}): Capacity {
  return new SharedCapacity(options)
}

class SharedCapacity implements Capacity {
  readonly #monitor: ResourceMonitor
  readonly #isYielding: () => boolean
  readonly #running = new Map<symbol, { asker: object; demand: Demand }>()
  /** Jobs that run nothing and were refused, the first one first. */
  readonly #queue = new Set<object>()
  readonly #cores = new CoreClock()
  #free: { resources: FreeResources; readAt: number } | null = null
  #totalMemoryBytes = 0
  #changed = Promise.withResolvers<void>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor({ monitor = openResourceMonitor(), isYielding = () => false }: CapacityOptions) {
    this.#monitor = monitor
    this.#isYielding = isYielding
  }

  enter(asker: object, demand: Demand): Promise<(() => void) | null> {
    // Two that ask at once would both find the same room.
    const answer = this.#turn.then(() => this.#enter(asker, demand))
    this.#turn = answer.catch(() => {})
    return answer
  }

  leave(asker: object): void {
    if (this.#queue.delete(asker)) this.#tell()
  }

  changed(): Promise<void> {
    return this.#changed.promise
  }

  async #enter(asker: object, demand: Demand): Promise<(() => void) | null> {
    const [first] = this.#queue
    if (first !== undefined && first !== asker) {
      this.#wait(asker)
      return null
    }
    const free = await this.#measured()
    const running = [...this.#running.values()].map((each) => each.demand)
    if (!hasRoom(demand, running, free, this.#totalMemoryBytes, this.#isYielding())) {
      this.#wait(asker)
      return null
    }
    this.#queue.delete(asker)
    const key = Symbol('task')
    this.#running.set(key, { asker, demand })
    this.#cores.add(demand.cores)
    return () => {
      if (!this.#running.delete(key)) return
      this.#cores.add(-demand.cores)
      this.#tell()
    }
  }

  #wait(asker: object): void {
    for (const each of this.#running.values()) if (each.asker === asker) return
    this.#queue.add(asker)
  }

  #tell(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** `load` is what others did since it was measured last, and what ours are expected to do now. */
  async #measured(): Promise<FreeResources> {
    const now = performance.now()
    if (this.#free === null || now - this.#free.readAt > measureEveryMs) {
      const resources = await this.#monitor.read()
      // What ran in that time, not what runs now: else a task that has just ended would count as another's.
      const load = Math.max(0, resources.load - this.#cores.average())
      this.#free = { resources: { ...resources, load }, readAt: now }
      if (this.#running.size === 0) this.#totalMemoryBytes = resources.memoryBytes
    }
    const { resources } = this.#free
    const ours = sum(
      [...this.#running.values()].map(({ demand }) => demand),
      'cores',
    )
    return { ...resources, load: resources.load + ours }
  }
}

/** How many cores our tasks were to use, on average since that was asked last. */
class CoreClock {
  #cores = 0
  #since = performance.now()
  #changedAt = this.#since
  #coreMs = 0

  add(cores: number): void {
    const now = performance.now()
    this.#coreMs += this.#cores * (now - this.#changedAt)
    this.#changedAt = now
    this.#cores += cores
  }

  average(): number {
    this.add(0)
    const elapsedMs = this.#changedAt - this.#since
    const average = elapsedMs > 0 ? this.#coreMs / elapsedMs : this.#cores
    this.#since = this.#changedAt
    this.#coreMs = 0
    return average
  }
}
