// What UPLOAD.md adds to the tus protocol: the metadata of an upload, and the list of those that are not complete.
import { z } from 'zod/mini'
import { ProtocolError } from './protocol-error.ts'

type Schema<Value> = z.ZodMiniType<Value>

/** A front is kept apart until its place in the file is reached. */
export const maxFrontBytes: number = 64 * 1024 * 1024

export type UploadMetadata = {
  filename: string
  filetype?: string | undefined
  fingerprint?: string | undefined
  order?: string | undefined
}
/** Values of Upload-Metadata; keys that are not named here are kept, and mean nothing. */
export const uploadMetadata: Schema<UploadMetadata> = z.object({
  filename: z.string().check(z.minLength(1), z.maxLength(500)),
  filetype: z.optional(z.string().check(z.maxLength(200))),
  fingerprint: z.optional(z.string().check(z.regex(/^[\x21-\x7e]{1,200}$/, 'not a fingerprint'))),
  order: z.optional(z.string().check(z.maxLength(200))),
})

/** The order of the file's ranges as metadata has it (M3): `front` first, then the rest. Undefined: as they lie. */
export function uploadOrder(front: { offset: number; length: number } | null, size: number): string | undefined {
  if (front === null) return undefined
  const end = front.offset + front.length
  const ranges = [`${front.offset}-${end - 1}`, `0-${front.offset - 1}`]
  if (end < size) ranges.push(`${end}-${size - 1}`)
  return ranges.join(',')
}

/** @throws ProtocolError `bad-message` for what is no order of a file of `size` bytes */
export function parseUploadOrder(order: string | undefined, size: number): { offset: number; length: number } | null {
  if (order === undefined) return null
  const [first, last] = (/^(\d{1,15})-(\d{1,15}),/.exec(order) ?? []).slice(1).map(Number)
  const front = { offset: first ?? 0, length: (last ?? 0) + 1 - (first ?? 0) }
  const isOrder = front.offset > 0 && front.length > 0 && front.length <= maxFrontBytes
  if (!isOrder || front.offset + front.length > size || uploadOrder(front, size) !== order) {
    throw new ProtocolError('bad-message', `${order} is no order in which a file of ${size} bytes can come`)
  }
  return front
}

/** An upload that is not complete, or was completed in the last hour. */
export type UploadView = {
  id: string
  title: string
  /** Published by now. */
  isComplete: boolean
  size: number
  /** About what is here; HEAD says it exactly. */
  received: number
  fingerprint: string
  createdAt: string
  /** When it is removed unless more comes. */
  expiresAt: string
}
export type UploadList = { uploads: UploadView[] }
export const uploadList: Schema<UploadList> = z.object({
  uploads: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      isComplete: z.boolean(),
      size: z.int(),
      received: z.int(),
      fingerprint: z.string(),
      createdAt: z.string(),
      expiresAt: z.string(),
    }),
  ),
})
