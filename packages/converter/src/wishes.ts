import { z } from 'zod'
import { ConvertError } from './convert-error.ts'

/** What of an archive is wanted, by types of resources. */
export type Wishes = {
  /** These alone. */
  only?: string[] | undefined
  /** All but these. */
  except?: string[] | undefined
  /** In which form, by type: content types. */
  as?: Record<string, string> | undefined
}

const types = [
  ...['video', 'audio', 'slide', 'image', 'document', 'transcript', 'captions', 'chat'],
  ...['questions', 'notes', 'events', 'code', 'data'],
]
export const RESOURCE_TYPES: readonly string[] = types

const type = z.string().refine((text) => types.includes(text))

export const wishesSchema: z.ZodType<Wishes> = z.strictObject({
  only: z.array(type).optional(),
  except: z.array(type).optional(),
  as: z.record(type, z.string().regex(/^[\w.+-]+\/[\w.+-]+$/)).optional(),
})

/** @throws ConvertError `misused` */
export function parseWishes(value: unknown): Wishes {
  const parsed = wishesSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new ConvertError('misused', `types of resources are ${RESOURCE_TYPES.join(', ')}`)
}

export function isWanted({ only, except }: Wishes, type: string): boolean {
  return (only === undefined || only.includes(type)) && except?.includes(type) !== true
}

/** Which type of resource a kind of event belongs to. */
const typeOfEvent: Readonly<Record<string, string>> = {
  slide: 'slide',
  chat: 'chat',
  question: 'questions',
  answer: 'questions',
}

/** Events go with what they are about: who wants chat alone gets its messages, and no slides. */
export function isEventWanted(wishes: Wishes, kind: string): boolean {
  const type = typeOfEvent[kind]
  if (wishes.except?.includes('events') === true) return false
  if (type !== undefined) return isWanted(wishes, type) || wishes.only?.includes('events') === true
  return isWanted(wishes, 'events')
}
