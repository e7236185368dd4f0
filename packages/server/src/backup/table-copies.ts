// The rows of all tables, of one instant, as Postgres's own COPY text: any Postgres from 14 on takes it back, psql too.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { syncFolder } from '../body/append-file.ts'
import { damaged } from './backup-folder.ts'
import type { SequenceValue, TableCopy } from './backup-manifest.ts'

/** Written by migrations themselves. */
const migrationsTable = 'migrations'
const fileOf = (folder: string, table: string): string => join(folder, `${table}.copy`)

/** What every session needs whose text another one reads. */
const portableText = "set datestyle to 'ISO, YMD'; set intervalstyle to 'postgres'; set extra_float_digits to 3"

/**
 * Runs `read` where all tables stand still: for as long as it takes to write the rows, not the bodies. Where it fails the
 * client is of no more use, since a copy that was cut off may still be on its wire, and is to be ended.
 */
export async function inSnapshot<Result>(client: pg.ClientBase, read: () => Promise<Result>): Promise<Result> {
  await client.query(portableText)
  await client.query('begin isolation level repeatable read read only')
  // Between two tables the disk may be waited for.
  await client.query('set local idle_in_transaction_session_timeout to 0')
  const result = await read()
  await client.query('commit')
  return result
}

/** Writes each table into a file of its own in `folder`, durably. */
export async function copyTablesOut(client: pg.ClientBase, folder: string, signal: AbortSignal): Promise<TableCopy[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const copies: TableCopy[] = []
  for (const { name, columns } of await tablesOf(client)) {
    const path = fileOf(folder, name)
    const rows = client.query(copyTo(`copy ${quote(name)} (${columns.map(quote).join(', ')}) to stdout`))
    const meter = new Meter()
    await pipeline(rows, meter, createWriteStream(path, { mode: 0o600 }), { signal })
    await syncFile(path)
    copies.push({ name, columns, ...meter.measured() })
  }
  await syncFolder(folder)
  return copies
}

export async function readSequences(client: pg.ClientBase): Promise<SequenceValue[]> {
  const { rows } = await client.query<{ name: string }>(
    'select sequencename as name from pg_sequences where schemaname = current_schema() order by 1',
  )
  const values: SequenceValue[] = []
  for (const { name } of rows) {
    const read = await client.query<{ value: string; isCalled: boolean }>(
      `select last_value::text as value, is_called as "isCalled" from ${quote(name)}`,
    )
    values.push({ name, ...read.rows[0]! })
  }
  return values
}

export type TablesIn = { tables: readonly TableCopy[]; sequences: readonly SequenceValue[] }

/**
 * Fills the tables of a schema that is of the same migrations, in one transaction that `end` closes with what else there
 * is to be done. Where it fails nothing is changed, and the client is to be ended.
 *
 * @throws BackupError `backup-damaged`
 */
export async function copyTablesIn(
  client: pg.ClientBase,
  folder: string,
  { tables, sequences }: TablesIn,
  signal: AbortSignal,
  end: () => Promise<void>,
): Promise<void> {
  await client.query(portableText)
  await client.query('begin')
  const order = await byReference(client)
  const sorted = [...tables].sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name))
  // Migrations may have put rows into them.
  if (sorted.length > 0) await client.query(`truncate ${sorted.map(({ name }) => quote(name)).join(', ')}`)
  for (const table of sorted) {
    const path = fileOf(folder, table.name)
    const meter = new Meter()
    const columns = table.columns.map(quote).join(', ')
    const rows = client.query(copyFrom(`copy ${quote(table.name)} (${columns}) from stdin`))
    await pipeline(createReadStream(path), meter, rows, { signal })
    const { size, sha256 } = meter.measured()
    if (size !== table.size || sha256 !== table.sha256) throw damaged(path)
  }
  for (const { name, value, isCalled } of sequences) {
    await client.query('select setval($1::regclass, $2::bigint, $3)', [quote(name), value, isCalled])
  }
  await end()
  await client.query('commit')
}

/** Whether there is a table already where the rows should go. */
export async function hasTables(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query('select from pg_tables where schemaname = current_schema() limit 1')
  return rows.length > 0
}

async function tablesOf(client: pg.ClientBase): Promise<{ name: string; columns: string[] }[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    // Generated columns come again by themselves.
    `select tables.relname as name, array_agg(columns.attname::text order by columns.attnum) as columns
       from pg_class as tables join pg_attribute as columns on columns.attrelid = tables.oid
      where tables.relkind = 'r' and tables.relnamespace = current_schema()::regnamespace
        and columns.attnum > 0 and not columns.attisdropped and columns.attgenerated = ''
        and tables.relname <> $1
      group by tables.relname order by tables.relname`,
    [migrationsTable],
  )
  return rows
}

/** All tables, each after those that it refers to. */
async function byReference(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string; refersTo: string[] }>(
    `select tables.relname as name,
            coalesce(array_agg(others.relname::text) filter (where others.oid is not null), '{}') as "refersTo"
       from pg_class as tables
       left join pg_constraint as keys
         on keys.conrelid = tables.oid and keys.contype = 'f' and keys.confrelid <> tables.oid
       left join pg_class as others on others.oid = keys.confrelid
      where tables.relkind = 'r' and tables.relnamespace = current_schema()::regnamespace
      group by tables.relname order by tables.relname`,
  )
  const references = new Map(rows.map(({ name, refersTo }) => [name, refersTo]))
  const order: string[] = []
  const seen = new Set<string>()
  const visit = (name: string): void => {
    if (seen.has(name)) return
    seen.add(name)
    for (const other of references.get(name) ?? []) visit(other)
    order.push(name)
  }
  for (const name of references.keys()) visit(name)
  return order
}

/** Size, digest and number of rows of what flows through: in COPY text a line is a row. */
class Meter extends Transform {
  readonly #hash = createHash('sha256')
  #size = 0
  #rows = 0

  override _transform(bytes: Buffer, _encoding: string, done: (error: null, bytes: Buffer) => void): void {
    this.#hash.update(bytes)
    this.#size += bytes.length
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) this.#rows++
    done(null, bytes)
  }

  measured(): { rows: number; size: number; sha256: string } {
    return { rows: this.#rows, size: this.#size, sha256: this.#hash.digest('hex') }
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.datasync()
  } finally {
    await file.close()
  }
}
