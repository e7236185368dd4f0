// All deliveries that this process has open.
import type { CreateDeliveryRequest, CreatedDelivery, DeliveryCertificate } from '@rushes/protocol'
import { manifestEntry } from '@rushes/protocol'
import type { Kysely } from 'kysely'
import { newSecretToken } from '../access/secret-token.ts'
import { type BodyFolder, bodyPath, makeRecordingFolder, recordingFolder } from '../body/folder.ts'
import {
  appendEntries,
  createDelivery,
  getDelivery,
  listUndelivered,
  readEntries,
  setDelivered,
  signingKey,
} from '../catalog/deliveries.ts'
import { parseRecordingId, type RecordingId, type UserId } from '../catalog/identifiers.ts'
import type { Schema } from '../catalog/schema.ts'
import { createShare } from '../catalog/shares.ts'
import type { Receiver, ReceiverLog } from '../receive/receiver.ts'
import { issueCertificate, newSigningKey } from './certificate.ts'
import { type Delivery, openDelivery } from './delivery.ts'
import { DeliveryError } from './delivery-error.ts'
import { openFileStore } from './file-store.ts'
import { Manifest } from './manifest.ts'

export interface Deliveries {
  /** C1, C2. @throws DeliveryError `id-taken` */
  create(
    ownerId: UserId,
    request: CreateDeliveryRequest,
  ): Promise<Omit<CreatedDelivery, 'id' | 'shareUrl'> & { id: RecordingId; created: boolean }>
  /** Undefined: there is no such delivery. */
  get(id: RecordingId): Promise<Delivery | undefined>
  close(): Promise<void>
}

export type DeliveriesOptions = {
  db: Kysely<Schema>
  folder: BodyFolder
  receiver: Receiver
  log: ReceiverLog
}

/** Finished deliveries that stay in memory for their readers. */
const maxIdle = 16

/** Takes up every delivery that is not done. */
export async function openDeliveries(options: DeliveriesOptions): Promise<Deliveries> {
  const { db, folder, receiver, log } = options
  const open = new Map<RecordingId, Promise<Delivery | undefined>>()
  let closing = false

  async function load(id: RecordingId): Promise<Delivery | undefined> {
    const row = await getDelivery(db, id)
    if (row === undefined || row.recording.state === 'discarded') return undefined
    const { recording, delivery } = row
    await makeRecordingFolder(folder, id)
    const manifest = new Manifest()
    // Through the schema, which gives the keys of an entry their order: repeated entries are compared as text.
    for (const entry of await readEntries(db, id)) manifest.append(manifestEntry.parse(entry))
    const certificate: DeliveryCertificate | null =
      delivery.certificate === null
        ? null
        : { version: 1, delivery: id, files: [...manifest.files.values()], ...delivery.certificate }
    return openDelivery({
      id,
      title: recording.title,
      manifest,
      files: await openFileStore(recordingFolder(folder, id)),
      bodyPath: bodyPath(folder, id),
      publishedSize: recording.state === 'published' ? recording.size : null,
      certificate,
      appendEntries: (from, entries) => appendEntries(db, id, from, entries),
      hold: (onLost) =>
        receiver.hold(id, {
          fenced(reason) {
            onLost('fenced')
            if (reason === 'gone') drop(id)
          },
          durable() {},
          failed: () => onLost('failed'),
        }),
      async issue(files) {
        const { merkleRoot, issuedAt, publicKey, signature, ...rest } = issueCertificate(
          id,
          files,
          await signingKey(db, newSigningKey),
          new Date(),
        )
        await setDelivered(db, id, { merkleRoot, issuedAt, publicKey, signature })
        log.info({ id, files: files.length }, 'a delivery is complete')
        return { ...rest, merkleRoot, issuedAt, publicKey, signature }
      },
      log,
    })
  }

  function drop(id: RecordingId): void {
    const delivery = open.get(id)
    open.delete(id)
    void delivery?.then((found) => found?.close())
  }

  async function forgetIdle(): Promise<void> {
    const idle: RecordingId[] = []
    for (const [id, loading] of open) if ((await loading)?.state === 'delivered') idle.push(id)
    for (const id of idle.slice(0, Math.max(idle.length - maxIdle, 0))) drop(id)
  }

  function get(id: RecordingId): Promise<Delivery | undefined> {
    const known = open.get(id)
    if (known !== undefined) return known
    if (closing) return Promise.resolve(undefined)
    const loading = load(id).then(
      (delivery) => {
        if (delivery === undefined) open.delete(id)
        return delivery
      },
      (error: unknown) => {
        open.delete(id)
        throw error
      },
    )
    open.set(id, loading)
    void forgetIdle().catch(() => {})
    return loading
  }

  for (const id of await listUndelivered(db)) await get(id)

  return {
    get,

    async create(ownerId, request) {
      const id = parseRecordingId(request.id)!
      const { token, hash } = newSecretToken('sender')
      const title = request.title?.trim() || `Event of ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`
      const made = await createDelivery(db, { id, ownerId, title, tokenHash: hash })
      if (made === undefined) throw new DeliveryError('id-taken', 'this id is taken')
      if (made.created) await createShare(db, { recordingId: id, createdBy: ownerId })
      const delivery = await get(id)
      return { id, token, next: delivery?.manifest.entries.length ?? 0, created: made.created }
    },

    async close() {
      closing = true
      await Promise.all([...open.values()].map(async (loading) => (await loading.catch(() => undefined))?.close()))
    },
  }
}
