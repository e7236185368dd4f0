import type { ManifestEntry } from '@rushes/protocol'
import { type Kysely, sql } from 'kysely'
import type { RecordingId, UserId } from './identifiers.ts'
import { storable } from './recordings.ts'
import type { CertificateRow, Delivery, Recording, Schema } from './schema.ts'

/** Marks the recordings that come as a delivery: nobody sends them over a socket, and silence does not end them. */
export const deliveryContentType = 'application/vnd.rushes.delivery'

/**
 * Creates a delivery and its recording, or, where this account made it before, replaces its token. Undefined: the id is
 * taken by something else.
 */
export async function createDelivery(
  db: Kysely<Schema>,
  delivery: { id: RecordingId; ownerId: UserId; title: string; tokenHash: Uint8Array },
): Promise<{ created: boolean } | undefined> {
  const { id, ownerId } = delivery
  const tokenHash = Buffer.from(delivery.tokenHash)
  return await db.transaction().execute(async (transaction) => {
    const made = await transaction
      .insertInto('recordings')
      .values({
        id,
        owner_id: ownerId,
        title: storable(delivery.title),
        content_type: deliveryContentType,
        token_hash: tokenHash,
      })
      // Its id may be that of an archive, too (recordings_archive_id).
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    if ((made.numInsertedOrUpdatedRows ?? 0n) > 0n) {
      await transaction.insertInto('deliveries').values({ recording_id: id }).execute()
      return { created: true }
    }
    const again = await transaction
      .updateTable('recordings')
      .set({ token_hash: tokenHash })
      .where('id', '=', id)
      .where('owner_id', '=', ownerId)
      .where('content_type', '=', deliveryContentType)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
    return again.numUpdatedRows > 0n ? { created: false } : undefined
  })
}

export type StoredDelivery = { recording: Recording; delivery: Delivery }

export async function getDelivery(db: Kysely<Schema>, id: RecordingId): Promise<StoredDelivery | undefined> {
  const [recording, delivery] = await Promise.all([
    db.selectFrom('recordings').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst(),
    db.selectFrom('deliveries').selectAll().where('recording_id', '=', id).executeTakeFirst(),
  ])
  return recording === undefined || delivery === undefined ? undefined : { recording, delivery }
}

/** Deliveries of which files are still to come. */
export async function listUndelivered(db: Kysely<Schema>): Promise<RecordingId[]> {
  const rows = await db
    .selectFrom('deliveries')
    .innerJoin('recordings', 'recordings.id', 'deliveries.recording_id')
    .select('deliveries.recording_id as id')
    .where('deliveries.delivered_at', 'is', null)
    .where('recordings.deleted_at', 'is', null)
    .where('recordings.state', '<>', 'discarded')
    .execute()
  return rows.map(({ id }) => id)
}

/** All entries of a manifest, in their order. */
export async function readEntries(db: Kysely<Schema>, id: RecordingId): Promise<ManifestEntry[]> {
  const rows = await db
    .selectFrom('delivery_entries')
    .select('entry')
    .where('recording_id', '=', id)
    .orderBy('number')
    .execute()
  return rows.map(({ entry }) => entry)
}

/** Appends entries that are numbered from `from` on, in one commit. */
export async function appendEntries(
  db: Kysely<Schema>,
  id: RecordingId,
  from: number,
  entries: readonly ManifestEntry[],
): Promise<void> {
  await sql`
    insert into delivery_entries (recording_id, number, entry)
    select ${id}::uuid, ${from}::integer + (ordinality - 1), entry
    from jsonb_array_elements(${JSON.stringify(entries)}::jsonb) with ordinality as listed (entry, ordinality)`.execute(
    db,
  )
}

export async function setDelivered(db: Kysely<Schema>, id: RecordingId, certificate: CertificateRow): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ delivered_at: new Date(), certificate: JSON.stringify(certificate) })
    .where('recording_id', '=', id)
    .where('delivered_at', 'is', null)
    .execute()
}

export type SigningKey = { publicKey: Buffer; privateKey: Buffer }

/** The server's one signing key; `make` is asked for it the first time, and the first of several processes wins. */
export async function signingKey(db: Kysely<Schema>, make: () => SigningKey): Promise<SigningKey> {
  const read = () => db.selectFrom('signing_keys').selectAll().executeTakeFirst()
  let row = await read()
  if (row === undefined) {
    const { publicKey, privateKey } = make()
    await db
      .insertInto('signing_keys')
      .values({ id: 1, public_key: publicKey, private_key: privateKey })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
    row = await read()
  }
  return { publicKey: row!.public_key, privateKey: row!.private_key }
}
