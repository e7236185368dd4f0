import type { EncoderOrder, EncoderReport, IntroduceEncoderRequest, ScheduleEntry } from '@rushes/protocol'
import { type Kysely, sql } from 'kysely'
import type { EncoderId, UserId } from './identifiers.ts'
import { storable } from './recordings.ts'
import type { EncoderRow, Schema } from './schema.ts'

/** Of one account. */
const mostEncoders = 200

/**
 * Makes an encoder known, or takes over what it says of itself now. `taken`: the id is another account's; `full`: the account
 * has too many.
 */
export async function introduceEncoder(
  db: Kysely<Schema>,
  encoder: IntroduceEncoderRequest & { id: EncoderId; ownerId: UserId },
): Promise<{ row: EncoderRow; created: boolean } | 'taken' | 'full'> {
  const { id, ownerId } = encoder
  const [name, version, host] = [storable(encoder.name), storable(encoder.version), storable(encoder.host)]
  return await db.transaction().execute(async (transaction) => {
    const known = await transaction
      .updateTable('encoders')
      .set({ name: sql<string>`case when renamed then name else ${name} end`, version, host })
      .where('id', '=', id)
      .where('owner_id', '=', ownerId)
      .returningAll()
      .executeTakeFirst()
    if (known !== undefined) return { row: known, created: false }
    const { count } = await transaction
      .selectFrom('encoders')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('owner_id', '=', ownerId)
      .executeTakeFirstOrThrow()
    if (Number(count) >= mostEncoders) return 'full'
    const row = await transaction
      .insertInto('encoders')
      .values({ id, owner_id: ownerId, name, version, host })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returningAll()
      .executeTakeFirst()
    return row === undefined ? 'taken' : { row, created: true }
  })
}

export async function listAllEncoders(db: Kysely<Schema>): Promise<EncoderRow[]> {
  return await db.selectFrom('encoders').selectAll().orderBy('id').execute()
}

export async function renameEncoder(db: Kysely<Schema>, id: EncoderId, name: string): Promise<void> {
  await db
    .updateTable('encoders')
    .set({ name: storable(name), renamed: true })
    .where('id', '=', id)
    .execute()
}

export async function deleteEncoder(db: Kysely<Schema>, id: EncoderId): Promise<void> {
  await db.deleteFrom('encoders').where('id', '=', id).execute()
}

export async function keepReport(
  db: Kysely<Schema>,
  id: EncoderId,
  kept: { report: EncoderReport; at: Date; orderTaken: boolean },
): Promise<void> {
  await db
    .updateTable('encoders')
    .set({ report: storableJson(kept.report), reported_at: kept.at, order_taken: kept.orderTaken })
    .where('id', '=', id)
    .execute()
}

export async function keepOrder(db: Kysely<Schema>, id: EncoderId, order: EncoderOrder, at: Date): Promise<void> {
  await db
    .updateTable('encoders')
    .set({ generation: order.generation, last_order: storableJson(order), ordered_at: at, order_taken: false })
    .where('id', '=', id)
    .execute()
}

export async function keepSchedule(
  db: Kysely<Schema>,
  id: EncoderId,
  generation: number,
  schedule: readonly ScheduleEntry[],
): Promise<void> {
  await db
    .updateTable('encoders')
    .set({ generation, schedule: storableJson(schedule) })
    .where('id', '=', id)
    .execute()
}

function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? storable(inner) : inner))
}
