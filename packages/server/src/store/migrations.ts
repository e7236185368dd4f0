import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { StoreError } from './store-error.ts'

export type Migration = { number: number; name: string; sql: string; checksum: string }

const folder = fileURLToPath(new URL('./migrations', import.meta.url))

/** All migrations of this code, in order; the numbers run from 1 without a gap. */
export function readMigrations(from: string = folder): Migration[] {
  const migrations = readdirSync(from)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const sql = readFileSync(join(from, file), 'utf8')
      // Line ends differ by checkout (autocrlf), the migration does not.
      const checksum = createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex')
      return { number: Number(file.slice(0, 4)), name: file.slice(5, -4), sql, checksum }
    })
  migrations.forEach(({ number, name }, index) => {
    if (number !== index + 1) throw new Error(`migration ${number} (${name}) is out of order`)
  })
  return migrations
}

/** Any fixed number; pg_advisory_lock takes a bigint. */
const lockKey = 0x7275736865
/** undefined_table: no migration was ever applied. */
const undefinedTable = '42P01'

export type AppliedMigration = { number: number; name: string; checksum: string }
export type MigrationState = { applied: number; pending: Migration[] }

/**
 * Brings the database to this code's schema: each migration in a transaction of its own, one server at a time.
 * @throws StoreError `migration-changed`, `migration-unknown`, `migration-failed`
 */
export async function applyMigrations(
  client: pg.ClientBase,
  migrations: readonly Migration[] = readMigrations(),
): Promise<number> {
  // The usual start: nothing to do, found out with one query and without the lock.
  const before = await migrationState(client, migrations)
  if (before.pending.length === 0) return 0
  await client.query('select pg_advisory_lock($1)', [lockKey])
  try {
    await client.query(`create table if not exists migrations (
      number int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`)
    const { pending } = await migrationState(client, migrations)
    for (const migration of pending) await applyOne(client, migration)
    return pending.length
  } finally {
    await client.query('select pg_advisory_unlock($1)', [lockKey])
  }
}

async function applyOne(client: pg.ClientBase, migration: Migration): Promise<void> {
  try {
    await client.query('begin')
    await client.query(migration.sql)
    await client.query('insert into migrations (number, name, checksum) values ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.checksum,
    ])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new StoreError('migration-failed', `migration ${migration.number} (${migration.name}) failed: ${error}`, {
      cause: error,
      advice: 'The database is as it was before this migration. Report the message above.',
    })
  }
}

/** What is applied and what is not. Throws when the two do not belong together. */
export async function migrationState(
  client: pg.ClientBase,
  migrations: readonly Migration[] = readMigrations(),
): Promise<MigrationState> {
  const applied = await appliedMigrations(client)
  checkLineage(applied, migrations)
  return { applied: applied.length, pending: migrations.slice(applied.length) }
}

/** @throws StoreError `migration-changed`, `migration-unknown` when these are not the beginning of this code's */
export function checkLineage(
  applied: readonly AppliedMigration[],
  migrations: readonly Migration[] = readMigrations(),
): void {
  applied.forEach((done, index) => {
    const known = migrations[index]
    if (!known || known.number !== done.number) {
      throw new StoreError(
        'migration-unknown',
        `the database has migration ${done.number} (${done.name}), this release does not`,
        {
          advice: 'A newer release has used this database. Install that release, or restore a backup from before it.',
        },
      )
    }
    if (known.checksum !== done.checksum) {
      throw new StoreError(
        'migration-changed',
        `migration ${done.number} (${done.name}) was applied with another text`,
        {
          advice: 'Use an unmodified release; migrations that were applied are never edited.',
        },
      )
    }
  })
}

export async function appliedMigrations(client: pg.ClientBase): Promise<AppliedMigration[]> {
  try {
    return (await client.query<AppliedMigration>('select number, name, checksum from migrations order by number')).rows
  } catch (error) {
    if ((error as { code?: unknown }).code === undefinedTable) return []
    throw error
  }
}
