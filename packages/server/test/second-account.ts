import type { Kysely } from 'kysely'
import { newSecretToken } from '../src/access/secret-token.ts'
import { createApiKey } from '../src/catalog/api-keys.ts'
import type { Schema } from '../src/catalog/schema.ts'
import { createUser } from '../src/catalog/users.ts'

/** The key of an account that owns nothing of what the tests make. */
export async function openSecondAccount(db: Kysely<Schema>): Promise<string> {
  const account = { email: 's@example.org', name: 'S', passwordHash: null, role: 'member' } as const
  const { id: userId } = await createUser(db, account)
  const { token, hash } = newSecretToken('key')
  await createApiKey(db, { userId, name: 'theirs', hash })
  return token
}
