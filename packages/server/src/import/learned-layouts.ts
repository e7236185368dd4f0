// Formats that conversions on this installation have learned, as the converter knows them.
import type { LearnedLayout } from '@rushes/converter'
import type { Kysely } from 'kysely'
import { addLearnedLayout, listLearnedLayouts } from '../catalog/learned-layouts.ts'
import type { LearnedLayoutRow, Schema } from '../catalog/schema.ts'
import { ImportError } from './import-error.ts'

/** A row of another version, or of a restored database: what can't be read is not used. */
export async function knownLayouts(db: Kysely<Schema>): Promise<LearnedLayout[]> {
  const { ConvertError, importLayouts } = await import('@rushes/converter')
  return (await listLearnedLayouts(db)).flatMap((row) => {
    try {
      return importLayouts(layoutsText([row]))
    } catch (error) {
      if (error instanceof ConvertError) return []
      throw error
    }
  })
}

/** How many of them were new. */
export async function keepLayouts(db: Kysely<Schema>, learned: readonly LearnedLayout[]): Promise<number> {
  let added = 0
  for (const layout of learned) {
    const { signature, name } = layout
    // What comes from elsewhere takes no name from what is here.
    const names = [name, `${name.slice(0, 180)} ${signature}`]
    for (const free of names) {
      if (!(await addLearnedLayout(db, { signature, name: free, layout }))) continue
      added++
      break
    }
  }
  return added
}

/** As `rushes layouts export` writes them. */
export function layoutsText(rows: readonly LearnedLayoutRow[]): string {
  const layouts = rows.map(({ signature, name, layout }) => ({ ...layout, signature, name }))
  return JSON.stringify({ version: 1, layouts }, null, 1)
}

/** What somebody exported, here or elsewhere. @throws ImportError `bad-layouts` */
export async function parseLayouts(text: string): Promise<LearnedLayout[]> {
  const { ConvertError, importLayouts } = await import('@rushes/converter')
  try {
    return importLayouts(text)
  } catch (error) {
    if (error instanceof ConvertError) throw new ImportError('bad-layouts', error.message, { cause: error })
    throw error
  }
}
