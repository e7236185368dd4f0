// Runs in a thread of its own; see discovery-thread.ts.
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { type DiscoveryInput, discover } from '../discovery/discovery.ts'

if (!isMainThread && parentPort !== null) parentPort.postMessage(discover(workerData as DiscoveryInput))
