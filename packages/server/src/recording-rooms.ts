// Everything that has to do with recordings, opened in order and closed in reverse.
import { openPointers } from './archive/pointed-content.ts'
import { HeldFiles } from './body/held-files.ts'
import { openArchiveRegistry } from './catalog/archive-registry.ts'
import { openConversions } from './convert/conversions.ts'
import { openDeliveries } from './deliver/deliveries.ts'
import { openFleet } from './fleet/fleet.ts'
import type { Front } from './http/front.ts'
import { openRoom, type Room, type RoomOptions } from './http/room.ts'
import { openImportKeeper } from './import/import-keeper.ts'
import { openLiveRoom } from './live/live-room.ts'
import type { WebhookQueue } from './notify/webhook-queue.ts'
import { openArchives } from './publish/archives.ts'
import { openPublisher } from './publish/publisher.ts'
import type { ReceiveLimits } from './receive/limits.ts'
import { openReceiver, type Receiver, type ReceiverLog } from './receive/receiver.ts'
import { openUploads } from './upload/uploads.ts'

export type RecordingRooms = {
  receiver: Receiver
  /** There may be a converted archive that is to become a recording. */
  keepImports(): void
  /** For its routes. */
  room(front: Front): Room
  close(): Promise<void>
}

export type RecordingRoomsOptions = Pick<RoomOptions, 'folder'> & {
  /** Hosts that pointers may lead to although they are not public. */
  pointerHosts: ReadonlySet<string>
  db: Front['db']
  webhooks: WebhookQueue
  limits: ReceiveLimits
  log: ReceiverLog
}

export async function openRecordingRooms(options: RecordingRoomsOptions): Promise<RecordingRooms> {
  const { db, folder, limits, webhooks, log, pointerHosts } = options
  const publisher = openPublisher({ db, folder, log })
  const receiver = await openReceiver({ db, folder, publisher, limits, log })
  const deliveries = await openDeliveries({ db, folder, receiver, log })
  const live = openLiveRoom(receiver)
  const registry = openArchiveRegistry(db)
  const held = new HeldFiles()
  const archives = openArchives({ db, folder, publisher, registry, held, log })
  const pointers = openPointers({ db, archives, trusted: pointerHosts, log })
  const { reserveBytes } = limits
  const conversions = openConversions({ db, folder, pointers, held, reserveBytes, log })
  const uploads = openUploads({ db, folder, receiver, archives, limits, log })
  const keeper = openImportKeeper({ db, folder, uploads, log })
  const fleet = await openFleet({ db, log, onMessages: webhooks.wake })
  const rooms = { folder, receiver, publisher, archives, conversions, pointers, deliveries, uploads, fleet, live }
  return {
    receiver,
    keepImports: keeper.wake,
    room: (front) => openRoom({ ...rooms, front, webhooks, log }),
    async close() {
      await fleet.close()
      await keeper.close()
      await uploads.close()
      await conversions.close()
      await archives.close()
      await deliveries.close()
      await receiver.close()
      live.close()
    },
  }
}
