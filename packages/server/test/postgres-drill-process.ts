/**
 * A server's process for drills, to be killed from outside:
 *   node postgres-drill-process.ts write DATA    commits 1, 2, 3 … and prints each when it is committed
 *   node postgres-drill-process.ts exit DATA     opens the database and ends by process.exit, without close
 *   node postgres-drill-process.ts hold DATA     holds the data folder's lock until killed
 *   node postgres-drill-process.ts binaries ROOT PLACE…   where Postgres can be run from
 * What goes wrong is printed as `error CODE`.
 */
import { type Kysely, sql } from 'kysely'
import { lockDataFolder } from '../src/store/data-folder-lock.ts'
import { openDatabase } from '../src/store/database.ts'
import { silentLog } from '../src/store/log.ts'
import { binariesAt } from '../src/store/postgres/binaries.ts'
import { reachableBinaries } from '../src/store/postgres/binary-cache.ts'
import { choosePostgresUser } from '../src/store/postgres/postgres-user.ts'

/** What initdb makes is killed in no drill before it is complete; all that is written later is synced. */
const initArguments = ['--no-sync']
const [mode = '', folder = '', ...places] = process.argv.slice(2)

const modes: Record<string, () => Promise<void>> = {
  async write() {
    const { kysely } = await openDatabase({ dataDir: folder, log: silentLog, initArguments })
    for (let n = 1; ; n += 1) {
      await writeRow(kysely, n)
      process.stdout.write(`${n}\n`)
    }
  },
  async exit() {
    const { state } = await openDatabase({ dataDir: folder, log: silentLog, initArguments })
    process.stdout.write(`${state.state === 'ready' ? state.pid : 'error not-ready'}\n`)
    process.exit(0)
  },
  async hold() {
    lockDataFolder(folder)
    process.stdout.write('held\n')
    setInterval(() => {}, 1000)
  },
  async binaries() {
    const { binaries } = reachableBinaries(binariesAt(folder), places, choosePostgresUser(''))
    process.stdout.write(`${binaries.root}\n`)
  },
}

async function writeRow(kysely: Kysely<unknown>, n: number): Promise<void> {
  if (n === 1) await sql`create table if not exists drill (n int primary key)`.execute(kysely)
  await sql`insert into drill values (${n})`.execute(kysely)
}

try {
  await modes[mode]!()
} catch (error) {
  process.stdout.write(`error ${(error as { code?: string }).code} ${error}\n`)
  process.exit(1)
}
